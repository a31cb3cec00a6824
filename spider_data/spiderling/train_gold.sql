SELECT count(*) FROM Species WHERE redList = 'EN'	bird_ringing
SELECT count(*) FROM Species WHERE redList = 'EN'	bird_ringing
SELECT family FROM Species GROUP BY family HAVING count(*) >= 3	bird_ringing
SELECT scientificName FROM Species WHERE englishName = 'Bearded Reedling'	bird_ringing
SELECT scientificName FROM Species WHERE englishName = 'Bearded Reedling'	bird_ringing
SELECT englishName FROM Species ORDER BY euringCode	bird_ringing
SELECT count(DISTINCT ringerId) FROM SpeciesPermits	bird_ringing
SELECT count(DISTINCT ringerId) FROM SpeciesPermits	bird_ringing
SELECT count(*) FROM Captures WHERE timeOfDay > '22:00'	bird_ringing
SELECT DISTINCT T2.englishName FROM SpeciesPermits AS T1 JOIN Species AS T2 ON T1.speciesId = T2.speciesId	bird_ringing
SELECT DISTINCT T2.englishName FROM SpeciesPermits AS T1 JOIN Species AS T2 ON T1.speciesId = T2.speciesId	bird_ringing
SELECT sum(netMetres) FROM Stations WHERE country = 'Poland'	bird_ringing
SELECT T2.name FROM Ringers AS T1 JOIN Ringers AS T2 ON T1.trainerId = T2.ringerId WHERE T1.licenceNumber = '0871'	bird_ringing
SELECT T2.name FROM Ringers AS T1 JOIN Ringers AS T2 ON T1.trainerId = T2.ringerId WHERE T1.licenceNumber = '0871'	bird_ringing
SELECT T2.name, count(*) FROM Ringers AS T1 JOIN Ringers AS T2 ON T1.trainerId = T2.ringerId GROUP BY T2.ringerId	bird_ringing
SELECT ringNumber FROM Birds WHERE foundDeadOn LIKE '2022%'	bird_ringing
SELECT ringNumber FROM Birds WHERE foundDeadOn LIKE '2022%'	bird_ringing
SELECT name, openedYear FROM Stations WHERE isCoastal = 1 ORDER BY openedYear	bird_ringing
SELECT count(*) FROM Birds AS T1 JOIN Species AS T2 ON T1.speciesId = T2.speciesId WHERE T2.englishName = 'Blackcap' AND T1.sex = 'M' AND T1.ageAtRinging = 'adult'	bird_ringing
SELECT count(*) FROM Birds AS T1 JOIN Species AS T2 ON T1.speciesId = T2.speciesId WHERE T2.englishName = 'Blackcap' AND T1.sex = 'M' AND T1.ageAtRinging = 'adult'	bird_ringing
SELECT T1.name, count(*) FROM Stations AS T1 JOIN Captures AS T2 ON T1.stationId = T2.stationId GROUP BY T1.stationId	bird_ringing
SELECT name FROM Ringers ORDER BY joinedYear LIMIT 1	bird_ringing
SELECT name FROM Ringers ORDER BY joinedYear LIMIT 1	bird_ringing
SELECT count(*) FROM Captures WHERE isRetrap = 1 AND fatScore BETWEEN 5 AND 7	bird_ringing
SELECT licenceClass, min(joinedYear), max(joinedYear) FROM Ringers GROUP BY licenceClass	bird_ringing
SELECT licenceClass, min(joinedYear), max(joinedYear) FROM Ringers GROUP BY licenceClass	bird_ringing
SELECT name, closedYear - openedYear FROM Stations WHERE closedYear < 2020 ORDER BY closedYear - openedYear DESC	bird_ringing
SELECT redList, count(*) FROM Species WHERE needsPermit = 1 GROUP BY redList	bird_ringing
SELECT redList, count(*) FROM Species WHERE needsPermit = 1 GROUP BY redList	bird_ringing
SELECT T2.country, count(*) FROM Ringers AS T1 JOIN Stations AS T2 ON T1.homeStationId = T2.stationId GROUP BY T2.country	bird_ringing
SELECT count(DISTINCT T1.ringNumber) FROM Captures AS T1 JOIN Stations AS T2 ON T1.stationId = T2.stationId WHERE T2.name = 'Inishdara'	bird_ringing
SELECT count(DISTINCT T1.ringNumber) FROM Captures AS T1 JOIN Stations AS T2 ON T1.stationId = T2.stationId WHERE T2.name = 'Inishdara'	bird_ringing
SELECT englishName FROM Species WHERE speciesId NOT IN (SELECT speciesId FROM Birds)	bird_ringing
SELECT max(T1.wingMm), min(T1.wingMm) FROM Captures AS T1 JOIN Birds AS T2 ON T1.ringNumber = T2.ringNumber JOIN Species AS T3 ON T2.speciesId = T3.speciesId WHERE T3.englishName = 'Dunlin'	bird_ringing
SELECT max(T1.wingMm), min(T1.wingMm) FROM Captures AS T1 JOIN Birds AS T2 ON T1.ringNumber = T2.ringNumber JOIN Species AS T3 ON T2.speciesId = T3.speciesId WHERE T3.englishName = 'Dunlin'	bird_ringing
SELECT T2.name FROM SpeciesPermits AS T1 JOIN Ringers AS T2 ON T1.ringerId = T2.ringerId ORDER BY T1.grantedOn DESC LIMIT 1	bird_ringing
SELECT name FROM Ringers WHERE ringerId IN (SELECT T1.ringerId FROM SpeciesPermits AS T1 JOIN Species AS T2 ON T1.speciesId = T2.speciesId WHERE T2.englishName = 'Puffin' AND T1.nestVisits = 1)	bird_ringing
SELECT name FROM Ringers WHERE ringerId IN (SELECT T1.ringerId FROM SpeciesPermits AS T1 JOIN Species AS T2 ON T1.speciesId = T2.speciesId WHERE T2.englishName = 'Puffin' AND T1.nestVisits = 1)	bird_ringing
SELECT name FROM Stations WHERE netMetres > (SELECT avg(netMetres) FROM Stations)	bird_ringing
SELECT family FROM Species EXCEPT SELECT family FROM Species WHERE redList = 'LC'	bird_ringing
SELECT DISTINCT T4.englishName FROM Stations AS T1 JOIN Captures AS T2 ON T1.stationId = T2.stationId JOIN Birds AS T3 ON T2.ringNumber = T3.ringNumber JOIN Species AS T4 ON T3.speciesId = T4.speciesId WHERE T1.country = 'Poland' AND T4.redList = 'VU' ORDER BY T4.englishName	bird_ringing
SELECT DISTINCT T4.englishName FROM Stations AS T1 JOIN Captures AS T2 ON T1.stationId = T2.stationId JOIN Birds AS T3 ON T2.ringNumber = T3.ringNumber JOIN Species AS T4 ON T3.speciesId = T4.speciesId WHERE T1.country = 'Poland' AND T4.redList = 'VU' ORDER BY T4.englishName	bird_ringing
SELECT T2.name, count(*) FROM Captures AS T1 JOIN Ringers AS T2 ON T1.ringerId = T2.ringerId GROUP BY T2.ringerId ORDER BY count(*) DESC LIMIT 3	bird_ringing
SELECT T2.name, count(*) FROM Captures AS T1 JOIN Ringers AS T2 ON T1.ringerId = T2.ringerId GROUP BY T2.ringerId ORDER BY count(*) DESC LIMIT 3	bird_ringing
SELECT T1.ringNumber FROM Captures AS T1 JOIN Stations AS T2 ON T1.stationId = T2.stationId WHERE T2.name = 'Inishdara' INTERSECT SELECT T3.ringNumber FROM Captures AS T3 JOIN Stations AS T4 ON T3.stationId = T4.stationId WHERE T4.name = 'Skerrivaig'	bird_ringing
SELECT T1.ringNumber FROM Captures AS T1 JOIN Stations AS T2 ON T1.stationId = T2.stationId WHERE T2.name = 'Inishdara' INTERSECT SELECT T3.ringNumber FROM Captures AS T3 JOIN Stations AS T4 ON T3.stationId = T4.stationId WHERE T4.name = 'Skerrivaig'	bird_ringing
SELECT T1.name FROM Ringers AS T1 JOIN Captures AS T2 ON T1.ringerId = T2.ringerId JOIN Stations AS T3 ON T2.stationId = T3.stationId WHERE T3.name = 'Tangsand Odde' UNION SELECT T4.name FROM Ringers AS T4 JOIN Captures AS T5 ON T4.ringerId = T5.scribeId JOIN Stations AS T6 ON T5.stationId = T6.stationId WHERE T6.name = 'Tangsand Odde'	bird_ringing
SELECT T3.englishName, avg(T1.weightDg) FROM Captures AS T1 JOIN Birds AS T2 ON T1.ringNumber = T2.ringNumber JOIN Species AS T3 ON T2.speciesId = T3.speciesId GROUP BY T3.speciesId HAVING count(*) >= 20 ORDER BY avg(T1.weightDg) DESC	bird_ringing
SELECT name FROM donors WHERE blood_group = '0-'	blood_donation
SELECT name FROM donors WHERE blood_group = '0-'	blood_donation
SELECT count(DISTINCT T1.donor_id) FROM donations AS T1 JOIN dispatches AS T2 ON T1.donation_id = T2.donation_id	blood_donation
SELECT min(haemoglobin) FROM donations WHERE deferred = 0	blood_donation
SELECT min(haemoglobin) FROM donations WHERE deferred = 0	blood_donation
SELECT count(*) FROM venues WHERE step_free = 1	blood_donation
SELECT count(*) FROM venues WHERE step_free = 1	blood_donation
SELECT DISTINCT clinic FROM dispatches WHERE urgent = 1	blood_donation
SELECT city FROM donors GROUP BY city HAVING count(*) > 6	blood_donation
SELECT name FROM nurses ORDER BY hired	blood_donation
SELECT name FROM nurses ORDER BY hired	blood_donation
SELECT DISTINCT T2.name FROM donors AS T1 JOIN donors AS T2 ON T1.recruited_by = T2.donor_id	blood_donation
SELECT T2.hall, T1.date, T1.start_time FROM sessions AS T1 JOIN venues AS T2 ON T1.venue_id = T2.venue_id WHERE T1.status = 'planned'	blood_donation
SELECT T2.hall, T1.date, T1.start_time FROM sessions AS T1 JOIN venues AS T2 ON T1.venue_id = T2.venue_id WHERE T1.status = 'planned'	blood_donation
SELECT blood_group, count(*) FROM donors GROUP BY blood_group	blood_donation
SELECT blood_group, count(*) FROM donors GROUP BY blood_group	blood_donation
SELECT name FROM donors ORDER BY birth_date DESC LIMIT 1	blood_donation
SELECT name FROM donors ORDER BY birth_date DESC LIMIT 1	blood_donation
SELECT count(*) FROM dispatches WHERE clinic LIKE 'St.%'	blood_donation
SELECT DISTINCT T1.name FROM donors AS T1 JOIN donations AS T2 ON T1.donor_id = T2.donor_id WHERE T2.deferral_reason = 'recent tattoo'	blood_donation
SELECT DISTINCT T1.name FROM donors AS T1 JOIN donations AS T2 ON T1.donor_id = T2.donor_id WHERE T2.deferral_reason = 'recent tattoo'	blood_donation
SELECT T1.name, T2.name FROM donors AS T1 JOIN donors AS T2 ON T1.recruited_by = T2.donor_id WHERE T1.city = 'Mühlroda'	blood_donation
SELECT sum(T1.hours) FROM shifts AS T1 JOIN nurses AS T2 ON T1.nurse_id = T2.nurse_id WHERE T2.name = 'Łucja Wrona'	blood_donation
SELECT sum(T1.hours) FROM shifts AS T1 JOIN nurses AS T2 ON T1.nurse_id = T2.nurse_id WHERE T2.name = 'Łucja Wrona'	blood_donation
SELECT sum(T1.millilitres) FROM donations AS T1 JOIN sessions AS T2 ON T1.session_id = T2.session_id WHERE T2.date BETWEEN '2023-06-01' AND '2023-08-31'	blood_donation
SELECT component, min(volume_ml), max(volume_ml) FROM dispatches GROUP BY component	blood_donation
SELECT hall, rent + cleaning_fee FROM venues ORDER BY rent + cleaning_fee	blood_donation
SELECT hall, rent + cleaning_fee FROM venues ORDER BY rent + cleaning_fee	blood_donation
SELECT T1.hall FROM venues AS T1 JOIN sessions AS T2 ON T1.venue_id = T2.venue_id GROUP BY T1.venue_id HAVING avg(T2.slots) > 14	blood_donation
SELECT T2.grade, sum(T1.hours) FROM shifts AS T1 JOIN nurses AS T2 ON T1.nurse_id = T2.nurse_id GROUP BY T2.grade	blood_donation
SELECT T2.grade, sum(T1.hours) FROM shifts AS T1 JOIN nurses AS T2 ON T1.nurse_id = T2.nurse_id GROUP BY T2.grade	blood_donation
SELECT name, first_donation FROM donors WHERE city = 'Bad Lauchitz' ORDER BY first_donation	blood_donation
SELECT name FROM donors WHERE donor_id NOT IN (SELECT donor_id FROM donations WHERE deferred = 0)	blood_donation
SELECT name FROM donors WHERE donor_id NOT IN (SELECT donor_id FROM donations WHERE deferred = 0)	blood_donation
SELECT T1.name FROM donors AS T1 JOIN donations AS T2 ON T1.donor_id = T2.donor_id ORDER BY T2.haemoglobin DESC LIMIT 1	blood_donation
SELECT T1.name FROM donors AS T1 JOIN donations AS T2 ON T1.donor_id = T2.donor_id ORDER BY T2.haemoglobin DESC LIMIT 1	blood_donation
SELECT T1.name, T2.station FROM nurses AS T1 JOIN shifts AS T2 ON T1.nurse_id = T2.nurse_id JOIN sessions AS T3 ON T2.session_id = T3.session_id WHERE T3.date = '2024-02-20'	blood_donation
SELECT name FROM nurses WHERE weekly_hours > (SELECT avg(weekly_hours) FROM nurses)	blood_donation
SELECT name FROM nurses WHERE weekly_hours > (SELECT avg(weekly_hours) FROM nurses)	blood_donation
SELECT city FROM donors EXCEPT SELECT town FROM venues	blood_donation
SELECT T1.name, sum(T2.hours) FROM nurses AS T1 JOIN shifts AS T2 ON T1.nurse_id = T2.nurse_id GROUP BY T1.nurse_id ORDER BY sum(T2.hours) DESC LIMIT 3	blood_donation
SELECT T1.name, sum(T2.hours) FROM nurses AS T1 JOIN shifts AS T2 ON T1.nurse_id = T2.nurse_id GROUP BY T1.nurse_id ORDER BY sum(T2.hours) DESC LIMIT 3	blood_donation
SELECT T4.town, sum(T1.volume_ml) FROM dispatches AS T1 JOIN donations AS T2 ON T1.donation_id = T2.donation_id JOIN sessions AS T3 ON T2.session_id = T3.session_id JOIN venues AS T4 ON T3.venue_id = T4.venue_id WHERE T1.component = 'PLAS' GROUP BY T4.town ORDER BY sum(T1.volume_ml) DESC	blood_donation
SELECT T1.name FROM nurses AS T1 JOIN shifts AS T2 ON T1.nurse_id = T2.nurse_id WHERE T2.station = 'Screening' INTERSECT SELECT T3.name FROM nurses AS T3 JOIN shifts AS T4 ON T3.nurse_id = T4.nurse_id WHERE T4.station = 'Recovery'	blood_donation
SELECT T1.name FROM nurses AS T1 JOIN shifts AS T2 ON T1.nurse_id = T2.nurse_id WHERE T2.station = 'Screening' INTERSECT SELECT T3.name FROM nurses AS T3 JOIN shifts AS T4 ON T3.nurse_id = T4.nurse_id WHERE T4.station = 'Recovery'	blood_donation
SELECT name, phone FROM donors WHERE city = 'Grünlinde' UNION SELECT name, phone FROM nurses WHERE city = 'Grünlinde'	blood_donation
SELECT name, blood_group FROM donors WHERE donor_id IN (SELECT T1.donor_id FROM donations AS T1 JOIN dispatches AS T2 ON T1.donation_id = T2.donation_id WHERE T2.transport = 'helicopter' AND T2.sent_on >= '2024-01-01')	blood_donation
SELECT T1.hall, sum(T3.millilitres) FROM venues AS T1 JOIN sessions AS T2 ON T1.venue_id = T2.venue_id JOIN donations AS T3 ON T2.session_id = T3.session_id GROUP BY T1.venue_id HAVING sum(T3.millilitres) >= 10000 ORDER BY sum(T3.millilitres) DESC	blood_donation
SELECT inventory_no FROM hoards WHERE museum = 'Halmark Folkemuseum'	coin_hoards
SELECT inventory_no FROM hoards WHERE museum = 'Halmark Folkemuseum'	coin_hoards
SELECT DISTINCT T2.city FROM coin_types AS T1 JOIN mints AS T2 ON T1.mint_id = T2.mint_id	coin_hoards
SELECT DISTINCT T2.city FROM coin_types AS T1 JOIN mints AS T2 ON T1.mint_id = T2.mint_id	coin_hoards
SELECT city FROM mints ORDER BY opened_year ASC	coin_hoards
SELECT count(DISTINCT denomination) FROM coin_types	coin_hoards
SELECT count(DISTINCT denomination) FROM coin_types	coin_hoards
SELECT count(*) FROM auction_sales WHERE hammer_price_eur < estimate_eur	coin_hoards
SELECT epithet FROM rulers WHERE name = 'Varazdan'	coin_hoards
SELECT finder FROM hoards GROUP BY finder HAVING count(*) > 1	coin_hoards
SELECT finder FROM hoards GROUP BY finder HAVING count(*) > 1	coin_hoards
SELECT city FROM mints WHERE has_harbour = 0	coin_hoards
SELECT name, realm FROM rulers WHERE reign_from < 0 ORDER BY reign_from ASC	coin_hoards
SELECT name, realm FROM rulers WHERE reign_from < 0 ORDER BY reign_from ASC	coin_hoards
SELECT T2.realm, count(*) FROM coin_types AS T1 JOIN rulers AS T2 ON T1.ruler_id = T2.ruler_id GROUP BY T2.realm	coin_hoards
SELECT T2.realm, count(*) FROM coin_types AS T1 JOIN rulers AS T2 ON T1.ruler_id = T2.ruler_id GROUP BY T2.realm	coin_hoards
SELECT metal, min(standard_weight_cg), max(standard_weight_cg) FROM coin_types GROUP BY metal	coin_hoards
SELECT DISTINCT T2.name FROM coin_types AS T1 JOIN rulers AS T2 ON T1.ruler_id = T2.ruler_id WHERE T1.metal = 'Gold'	coin_hoards
SELECT DISTINCT T2.name FROM coin_types AS T1 JOIN rulers AS T2 ON T1.ruler_id = T2.ruler_id WHERE T1.metal = 'Gold'	coin_hoards
SELECT T1.lot_no, T2.denomination FROM auction_sales AS T1 JOIN coin_types AS T2 ON T1.coin_type_id = T2.coin_type_id WHERE T1.sold_on = '2019-12-07'	coin_hoards
SELECT T1.lot_no, T2.denomination FROM auction_sales AS T1 JOIN coin_types AS T2 ON T1.coin_type_id = T2.coin_type_id WHERE T1.sold_on = '2019-12-07'	coin_hoards
SELECT T1.name, T2.name FROM rulers AS T1 JOIN rulers AS T2 ON T1.successor_of_id = T2.ruler_id WHERE T1.realm != T2.realm	coin_hoards
SELECT name FROM hoards ORDER BY found_on DESC LIMIT 3	coin_hoards
SELECT name FROM hoards ORDER BY found_on DESC LIMIT 3	coin_hoards
SELECT name, reign_to - reign_from FROM rulers WHERE realm = 'Halmark' ORDER BY reign_to - reign_from DESC	coin_hoards
SELECT catalogue_no FROM coin_types WHERE legend LIKE '%REX%'	coin_hoards
SELECT catalogue_no FROM coin_types WHERE legend LIKE '%REX%'	coin_hoards
SELECT find_method, count(*) FROM hoards GROUP BY find_method HAVING count(*) >= 4	coin_hoards
SELECT sum(T2.pieces) FROM hoards AS T1 JOIN hoard_contents AS T2 ON T1.hoard_id = T2.hoard_id WHERE T1.buried_year_estimate BETWEEN 1050 AND 1100	coin_hoards
SELECT auction_house FROM auction_sales GROUP BY auction_house ORDER BY sum(hammer_price_eur) DESC	coin_hoards
SELECT T2.catalogue_no, T1.sold_on FROM auction_sales AS T1 JOIN coin_types AS T2 ON T1.coin_type_id = T2.coin_type_id WHERE T1.weight_cg > T2.standard_weight_cg	coin_hoards
SELECT T2.catalogue_no, T1.sold_on FROM auction_sales AS T1 JOIN coin_types AS T2 ON T1.coin_type_id = T2.coin_type_id WHERE T1.weight_cg > T2.standard_weight_cg	coin_hoards
SELECT name FROM rulers WHERE ruler_id NOT IN (SELECT ruler_id FROM coin_types)	coin_hoards
SELECT name FROM rulers WHERE ruler_id NOT IN (SELECT ruler_id FROM coin_types)	coin_hoards
SELECT count(*) FROM auction_sales WHERE hammer_price_eur > (SELECT avg(hammer_price_eur) FROM auction_sales)	coin_hoards
SELECT T3.city, sum(T1.pieces) FROM hoard_contents AS T1 JOIN coin_types AS T2 ON T1.coin_type_id = T2.coin_type_id JOIN mints AS T3 ON T2.mint_id = T3.mint_id GROUP BY T3.mint_id	coin_hoards
SELECT DISTINCT T3.name FROM auction_sales AS T1 JOIN coin_types AS T2 ON T1.coin_type_id = T2.coin_type_id JOIN rulers AS T3 ON T2.ruler_id = T3.ruler_id WHERE T1.buyer_kind = 'museum'	coin_hoards
SELECT DISTINCT T3.name FROM auction_sales AS T1 JOIN coin_types AS T2 ON T1.coin_type_id = T2.coin_type_id JOIN rulers AS T3 ON T2.ruler_id = T3.ruler_id WHERE T1.buyer_kind = 'museum'	coin_hoards
SELECT name FROM hoards WHERE hoard_id IN (SELECT hoard_id FROM hoard_contents WHERE best_condition = 'poor')	coin_hoards
SELECT city FROM mints EXCEPT SELECT T1.city FROM mints AS T1 JOIN coin_types AS T2 ON T1.mint_id = T2.mint_id WHERE T2.metal = 'Gold'	coin_hoards
SELECT T2.name, sum(T1.pieces) FROM hoard_contents AS T1 JOIN hoards AS T2 ON T1.hoard_id = T2.hoard_id GROUP BY T2.hoard_id ORDER BY sum(T1.pieces) DESC LIMIT 5	coin_hoards
SELECT T2.name, sum(T1.pieces) FROM hoard_contents AS T1 JOIN hoards AS T2 ON T1.hoard_id = T2.hoard_id GROUP BY T2.hoard_id ORDER BY sum(T1.pieces) DESC LIMIT 5	coin_hoards
SELECT T4.name, sum(T2.pieces) FROM hoards AS T1 JOIN hoard_contents AS T2 ON T1.hoard_id = T2.hoard_id JOIN coin_types AS T3 ON T2.coin_type_id = T3.coin_type_id JOIN rulers AS T4 ON T3.ruler_id = T4.ruler_id WHERE T1.museum = 'University Coin Cabinet' GROUP BY T4.ruler_id ORDER BY sum(T2.pieces) DESC	coin_hoards
SELECT T1.catalogue_no FROM coin_types AS T1 JOIN auction_sales AS T2 ON T1.coin_type_id = T2.coin_type_id WHERE T2.buyer_kind = 'museum' UNION SELECT T3.catalogue_no FROM coin_types AS T3 JOIN hoard_contents AS T4 ON T3.coin_type_id = T4.coin_type_id JOIN hoards AS T5 ON T4.hoard_id = T5.hoard_id WHERE T5.name = 'Temple Steps'	coin_hoards
SELECT T1.catalogue_no FROM coin_types AS T1 JOIN auction_sales AS T2 ON T1.coin_type_id = T2.coin_type_id WHERE T2.buyer_kind = 'museum' UNION SELECT T3.catalogue_no FROM coin_types AS T3 JOIN hoard_contents AS T4 ON T3.coin_type_id = T4.coin_type_id JOIN hoards AS T5 ON T4.hoard_id = T5.hoard_id WHERE T5.name = 'Temple Steps'	coin_hoards
SELECT T3.name, max(T1.hammer_price_eur) FROM auction_sales AS T1 JOIN coin_types AS T2 ON T1.coin_type_id = T2.coin_type_id JOIN rulers AS T3 ON T2.ruler_id = T3.ruler_id WHERE T1.grade = 'EF' GROUP BY T3.ruler_id ORDER BY max(T1.hammer_price_eur) DESC LIMIT 3	coin_hoards
SELECT T3.name, max(T1.hammer_price_eur) FROM auction_sales AS T1 JOIN coin_types AS T2 ON T1.coin_type_id = T2.coin_type_id JOIN rulers AS T3 ON T2.ruler_id = T3.ruler_id WHERE T1.grade = 'EF' GROUP BY T3.ruler_id ORDER BY max(T1.hammer_price_eur) DESC LIMIT 3	coin_hoards
SELECT T1.name FROM rulers AS T1 JOIN coin_types AS T2 ON T1.ruler_id = T2.ruler_id WHERE T2.metal = 'Gold' INTERSECT SELECT T3.name FROM rulers AS T3 JOIN coin_types AS T4 ON T3.ruler_id = T4.ruler_id WHERE T4.metal = 'Bronze'	coin_hoards
SELECT Birth_Year FROM Creators WHERE Pen_Name = 'W. O. Knight'	comic_press
SELECT avg(Page_Count) FROM Issues WHERE Is_Colour = 0	comic_press
SELECT avg(Page_Count) FROM Issues WHERE Is_Colour = 0	comic_press
SELECT count(DISTINCT Country) FROM Creators	comic_press
SELECT count(DISTINCT Country) FROM Creators	comic_press
SELECT Title FROM Series WHERE Frequency = 'quarterly'	comic_press
SELECT Title FROM Series WHERE Frequency = 'quarterly'	comic_press
SELECT Country FROM Creators GROUP BY Country HAVING count(*) >= 3	comic_press
SELECT Title FROM Series WHERE Ended_Year BETWEEN 1990 AND 1999	comic_press
SELECT Title FROM Series WHERE Ended_Year BETWEEN 1990 AND 1999	comic_press
SELECT Title FROM Series ORDER BY Started_Year	comic_press
SELECT DISTINCT T1.Full_Name FROM Creators AS T1 JOIN Characters AS T2 ON T1.Creator_ID = T2.Designed_By_ID	comic_press
SELECT T1.Title, T2.Issue_Number FROM Series AS T1 JOIN Issues AS T2 ON T1.Series_ID = T2.Series_ID WHERE T2.Story_Title = 'Poison at the Poultry Show'	comic_press
SELECT T1.Title, T2.Issue_Number FROM Series AS T1 JOIN Issues AS T2 ON T1.Series_ID = T2.Series_ID WHERE T2.Story_Title = 'Poison at the Poultry Show'	comic_press
SELECT T1.Title, count(*) FROM Series AS T1 JOIN Issues AS T2 ON T1.Series_ID = T2.Series_ID GROUP BY T1.Series_ID	comic_press
SELECT T1.Title, count(*) FROM Series AS T1 JOIN Issues AS T2 ON T1.Series_ID = T2.Series_ID GROUP BY T1.Series_ID	comic_press
SELECT Role, avg(Fee_Dollars) FROM Credits GROUP BY Role	comic_press
SELECT Role, avg(Fee_Dollars) FROM Credits GROUP BY Role	comic_press
SELECT Story_Title, Print_Run - Copies_Sold FROM Issues WHERE Archive_Box = 'BX-05' ORDER BY Cover_Date	comic_press
SELECT Story_Title, Print_Run - Copies_Sold FROM Issues WHERE Archive_Box = 'BX-05' ORDER BY Cover_Date	comic_press
SELECT T1.Title, T2.Title FROM Series AS T1 JOIN Series AS T2 ON T1.Parent_Series_ID = T2.Series_ID WHERE T1.Status = 'running'	comic_press
SELECT Story_Title FROM Issues ORDER BY Copies_Sold DESC LIMIT 3	comic_press
SELECT Story_Title FROM Issues ORDER BY Copies_Sold DESC LIMIT 3	comic_press
SELECT min(Cover_Price_Cents), max(Cover_Price_Cents) FROM Issues WHERE Paper_Stock = '80 gsm'	comic_press
SELECT Character_Name FROM Characters WHERE Civil_Name LIKE '%Crake'	comic_press
SELECT Character_Name FROM Characters WHERE Civil_Name LIKE '%Crake'	comic_press
SELECT DISTINCT T1.Title, T3.Language_Code FROM Series AS T1 JOIN Issues AS T2 ON T1.Series_ID = T2.Series_ID JOIN Reprints AS T3 ON T2.Issue_ID = T3.Issue_ID	comic_press
SELECT T1.Character_Name FROM Characters AS T1 JOIN Appearances AS T2 ON T1.Character_ID = T2.Character_ID GROUP BY T1.Character_ID HAVING sum(T2.Panel_Count) > 400	comic_press
SELECT T1.Character_Name FROM Characters AS T1 JOIN Appearances AS T2 ON T1.Character_ID = T2.Character_ID GROUP BY T1.Character_ID HAVING sum(T2.Panel_Count) > 400	comic_press
SELECT Publisher_Name FROM Reprints GROUP BY Publisher_Name ORDER BY sum(Copies) DESC	comic_press
SELECT T2.Full_Name FROM Characters AS T1 JOIN Creators AS T2 ON T1.Designed_By_ID = T2.Creator_ID WHERE T1.Character_Name = 'Madame Ravissante'	comic_press
SELECT T2.Full_Name FROM Characters AS T1 JOIN Creators AS T2 ON T1.Designed_By_ID = T2.Creator_ID WHERE T1.Character_Name = 'Madame Ravissante'	comic_press
SELECT T1.Character_Name FROM Characters AS T1 JOIN Appearances AS T2 ON T1.Character_ID = T2.Character_ID JOIN Issues AS T3 ON T2.Issue_ID = T3.Issue_ID WHERE T3.Story_Title = 'A Wick for a Wicked Man' AND T2.On_Cover = 1	comic_press
SELECT T1.Character_Name FROM Characters AS T1 JOIN Appearances AS T2 ON T1.Character_ID = T2.Character_ID JOIN Issues AS T3 ON T2.Issue_ID = T3.Issue_ID WHERE T3.Story_Title = 'A Wick for a Wicked Man' AND T2.On_Cover = 1	comic_press
SELECT Full_Name FROM Creators WHERE Creator_ID NOT IN (SELECT Creator_ID FROM Credits)	comic_press
SELECT Reprint_Code FROM Reprints WHERE Licence_Fee_Dollars > (SELECT avg(Licence_Fee_Dollars) FROM Reprints)	comic_press
SELECT T1.Full_Name FROM Creators AS T1 JOIN Credits AS T2 ON T1.Creator_ID = T2.Creator_ID ORDER BY T2.Fee_Dollars DESC LIMIT 1	comic_press
SELECT T1.Full_Name FROM Creators AS T1 JOIN Credits AS T2 ON T1.Creator_ID = T2.Creator_ID ORDER BY T2.Fee_Dollars DESC LIMIT 1	comic_press
SELECT Country FROM Creators EXCEPT SELECT Country FROM Reprints	comic_press
SELECT T1.Story_Title, T2.Reprint_Date FROM Issues AS T1 JOIN Reprints AS T2 ON T1.Issue_ID = T2.Issue_ID WHERE T2.Language_Code = 'JA' ORDER BY T2.Reprint_Date	comic_press
SELECT T4.Full_Name FROM Series AS T1 JOIN Issues AS T2 ON T1.Series_ID = T2.Series_ID JOIN Credits AS T3 ON T2.Issue_ID = T3.Issue_ID JOIN Creators AS T4 ON T3.Creator_ID = T4.Creator_ID WHERE T1.Title = 'The Lamplighter' GROUP BY T4.Creator_ID ORDER BY sum(T3.Fee_Dollars) DESC LIMIT 3	comic_press
SELECT T4.Full_Name FROM Series AS T1 JOIN Issues AS T2 ON T1.Series_ID = T2.Series_ID JOIN Credits AS T3 ON T2.Issue_ID = T3.Issue_ID JOIN Creators AS T4 ON T3.Creator_ID = T4.Creator_ID WHERE T1.Title = 'The Lamplighter' GROUP BY T4.Creator_ID ORDER BY sum(T3.Fee_Dollars) DESC LIMIT 3	comic_press
SELECT T1.Full_Name, count(DISTINCT T2.Issue_ID) FROM Creators AS T1 JOIN Credits AS T2 ON T1.Creator_ID = T2.Creator_ID WHERE T1.Country != 'Canada' GROUP BY T1.Creator_ID HAVING count(DISTINCT T2.Issue_ID) >= 11 ORDER BY T1.Full_Name	comic_press
SELECT T1.Full_Name, count(DISTINCT T2.Issue_ID) FROM Creators AS T1 JOIN Credits AS T2 ON T1.Creator_ID = T2.Creator_ID WHERE T1.Country != 'Canada' GROUP BY T1.Creator_ID HAVING count(DISTINCT T2.Issue_ID) >= 11 ORDER BY T1.Full_Name	comic_press
SELECT T1.Full_Name FROM Creators AS T1 JOIN Credits AS T2 ON T1.Creator_ID = T2.Creator_ID WHERE T2.Role = 'writer' INTERSECT SELECT T3.Full_Name FROM Creators AS T3 JOIN Credits AS T4 ON T3.Creator_ID = T4.Creator_ID WHERE T4.Role = 'penciller'	comic_press
SELECT T2.Full_Name FROM Characters AS T1 JOIN Creators AS T2 ON T1.Written_By_ID = T2.Creator_ID WHERE T1.Alignment = 'villain' UNION SELECT T4.Full_Name FROM Characters AS T3 JOIN Creators AS T4 ON T3.Designed_By_ID = T4.Creator_ID WHERE T3.Alignment = 'villain'	comic_press
SELECT Character_Name FROM Characters WHERE Alignment = 'hero' AND First_Issue_ID IN (SELECT Issue_ID FROM Issues WHERE Cover_Date >= '2000-01-01')	comic_press
SELECT T1.Genre FROM Series AS T1 JOIN Issues AS T2 ON T1.Series_ID = T2.Series_ID JOIN Credits AS T3 ON T2.Issue_ID = T3.Issue_ID WHERE T3.Role = 'colourist' GROUP BY T1.Genre ORDER BY sum(T3.Fee_Dollars) DESC LIMIT 1	comic_press
SELECT District FROM Branch WHERE City = 'Vienna'	escape_rooms
SELECT District FROM Branch WHERE City = 'Vienna'	escape_rooms
SELECT count(DISTINCT Theme) FROM Room	escape_rooms
SELECT DISTINCT TeamName FROM Booking WHERE Players = 2	escape_rooms
SELECT DISTINCT TeamName FROM Booking WHERE Players = 2	escape_rooms
SELECT BranchName FROM Branch ORDER BY OpenedOn	escape_rooms
SELECT Theme FROM Room GROUP BY Theme HAVING count(*) >= 5	escape_rooms
SELECT count(*) FROM Booking WHERE PlayDate BETWEEN '2024-02-01' AND '2024-02-29'	escape_rooms
SELECT count(*) FROM Booking WHERE PlayDate BETWEEN '2024-02-01' AND '2024-02-29'	escape_rooms
SELECT PuzzleName FROM Puzzle WHERE AvgHints >= 3	escape_rooms
SELECT PuzzleName FROM Puzzle WHERE AvgHints >= 3	escape_rooms
SELECT DISTINCT T2.RoomName FROM Room AS T1 JOIN Room AS T2 ON T1.SequelOfRoomId = T2.RoomId	escape_rooms
SELECT FullName FROM GameMaster WHERE Languages LIKE '%Portuguese%'	escape_rooms
SELECT FullName FROM GameMaster WHERE Languages LIKE '%Portuguese%'	escape_rooms
SELECT DISTINCT T1.City FROM Branch AS T1 JOIN Room AS T2 ON T1.BranchId = T2.BranchId WHERE T2.Theme = 'Pirates'	escape_rooms
SELECT DISTINCT T1.City FROM Branch AS T1 JOIN Room AS T2 ON T1.BranchId = T2.BranchId WHERE T2.Theme = 'Pirates'	escape_rooms
SELECT T1.RoomName FROM Room AS T1 JOIN Room AS T2 ON T1.SequelOfRoomId = T2.RoomId WHERE T1.Difficulty > T2.Difficulty	escape_rooms
SELECT T1.RoomName FROM Room AS T1 JOIN Room AS T2 ON T1.SequelOfRoomId = T2.RoomId WHERE T1.Difficulty > T2.Difficulty	escape_rooms
SELECT T1.RoomName, min(T2.FinishedMinutes) FROM Room AS T1 JOIN Booking AS T2 ON T1.RoomId = T2.RoomId GROUP BY T1.RoomId	escape_rooms
SELECT Kind, avg(AvgHints), max(AvgHints) FROM Puzzle GROUP BY Kind	escape_rooms
SELECT RoomName FROM Room ORDER BY LicenceFeeCents DESC LIMIT 3	escape_rooms
SELECT RoomName FROM Room ORDER BY LicenceFeeCents DESC LIMIT 3	escape_rooms
SELECT TeamName, PaidCents / Players FROM Booking WHERE PlayDate = '2023-12-31' ORDER BY StartTime	escape_rooms
SELECT FullName FROM GameMaster ORDER BY HiredOn LIMIT 4	escape_rooms
SELECT T1.City, count(*) FROM Branch AS T1 JOIN Room AS T2 ON T1.BranchId = T2.BranchId GROUP BY T1.City	escape_rooms
SELECT T1.City, count(*) FROM Branch AS T1 JOIN Room AS T2 ON T1.BranchId = T2.BranchId GROUP BY T1.City	escape_rooms
SELECT Channel FROM Booking GROUP BY Channel ORDER BY count(*) DESC	escape_rooms
SELECT Channel FROM Booking GROUP BY Channel ORDER BY count(*) DESC	escape_rooms
SELECT T2.TeamName, T1.TimeLimitMinutes - T2.FinishedMinutes FROM Room AS T1 JOIN Booking AS T2 ON T1.RoomId = T2.RoomId WHERE T1.TimeLimitMinutes - T2.FinishedMinutes >= 20	escape_rooms
SELECT T2.TeamName, T1.TimeLimitMinutes - T2.FinishedMinutes FROM Room AS T1 JOIN Booking AS T2 ON T1.RoomId = T2.RoomId WHERE T1.TimeLimitMinutes - T2.FinishedMinutes >= 20	escape_rooms
SELECT T1.RoomName FROM Room AS T1 JOIN Branch AS T2 ON T1.BranchId = T2.BranchId WHERE T2.City = 'Vienna' AND T1.MaxPlayers >= 7 AND T1.MinAge = '12+'	escape_rooms
SELECT T1.BranchName FROM Branch AS T1 JOIN GameMaster AS T2 ON T1.BranchId = T2.HomeBranchId GROUP BY T1.BranchId HAVING avg(T2.HourlyPayCents) > 1650	escape_rooms
SELECT T2.PuzzleName FROM Room AS T1 JOIN Puzzle AS T2 ON T1.RoomId = T2.RoomId WHERE T1.RoomName = 'The Last Tram' ORDER BY T2.StepNo	escape_rooms
SELECT T2.PuzzleName FROM Room AS T1 JOIN Puzzle AS T2 ON T1.RoomId = T2.RoomId WHERE T1.RoomName = 'The Last Tram' ORDER BY T2.StepNo	escape_rooms
SELECT FullName FROM GameMaster WHERE GameMasterId NOT IN (SELECT GameMasterId FROM BookingGameMaster WHERE IsLead = 1)	escape_rooms
SELECT FullName FROM GameMaster WHERE GameMasterId NOT IN (SELECT GameMasterId FROM BookingGameMaster WHERE IsLead = 1)	escape_rooms
SELECT TeamName FROM Booking WHERE FinishedMinutes = (SELECT min(FinishedMinutes) FROM Booking)	escape_rooms
SELECT TeamName FROM Booking WHERE FinishedMinutes = (SELECT min(FinishedMinutes) FROM Booking)	escape_rooms
SELECT ManagerName FROM Branch WHERE City = 'Porto' UNION SELECT T1.FullName FROM GameMaster AS T1 JOIN Branch AS T2 ON T1.HomeBranchId = T2.BranchId WHERE T2.City = 'Porto'	escape_rooms
SELECT DISTINCT T1.FullName FROM GameMaster AS T1 JOIN BookingGameMaster AS T2 ON T1.GameMasterId = T2.GameMasterId JOIN Booking AS T3 ON T2.BookingId = T3.BookingId WHERE T3.PlayDate = '2024-02-14'	escape_rooms
SELECT DISTINCT T1.FullName FROM GameMaster AS T1 JOIN BookingGameMaster AS T2 ON T1.GameMasterId = T2.GameMasterId JOIN Booking AS T3 ON T2.BookingId = T3.BookingId JOIN Room AS T4 ON T3.RoomId = T4.RoomId WHERE T1.HomeBranchId != T4.BranchId	escape_rooms
SELECT DISTINCT T1.FullName FROM GameMaster AS T1 JOIN BookingGameMaster AS T2 ON T1.GameMasterId = T2.GameMasterId JOIN Booking AS T3 ON T2.BookingId = T3.BookingId JOIN Room AS T4 ON T3.RoomId = T4.RoomId WHERE T1.HomeBranchId != T4.BranchId	escape_rooms
SELECT T1.FullName FROM GameMaster AS T1 JOIN BookingGameMaster AS T2 ON T1.GameMasterId = T2.GameMasterId WHERE T2.IsLead = 0 GROUP BY T1.GameMasterId ORDER BY count(*) DESC LIMIT 1	escape_rooms
SELECT T1.FullName FROM GameMaster AS T1 JOIN BookingGameMaster AS T2 ON T1.GameMasterId = T2.GameMasterId WHERE T2.IsLead = 0 GROUP BY T1.GameMasterId ORDER BY count(*) DESC LIMIT 1	escape_rooms
SELECT T1.City, sum(T3.PaidCents) FROM Branch AS T1 JOIN Room AS T2 ON T1.BranchId = T2.BranchId JOIN Booking AS T3 ON T2.RoomId = T3.RoomId GROUP BY T1.City ORDER BY sum(T3.PaidCents) DESC	escape_rooms
SELECT TeamName FROM Booking WHERE PlayDate LIKE '2023-12%' EXCEPT SELECT TeamName FROM Booking WHERE PlayDate LIKE '2024%'	escape_rooms
SELECT T1.TeamName FROM Booking AS T1 JOIN Room AS T2 ON T1.RoomId = T2.RoomId WHERE T2.Theme = 'Horror' INTERSECT SELECT T3.TeamName FROM Booking AS T3 JOIN Room AS T4 ON T3.RoomId = T4.RoomId WHERE T4.Theme = 'Heist'	escape_rooms
SELECT RoomName FROM Room WHERE Difficulty <= 2 AND RoomId IN (SELECT RoomId FROM Puzzle WHERE Kind = 'Sound')	escape_rooms
SELECT institute FROM campaign GROUP BY institute HAVING count(*) > 5	glacier_survey
SELECT institute FROM campaign GROUP BY institute HAVING count(*) > 5	glacier_survey
SELECT DISTINCT task FROM participation	glacier_survey
SELECT area_km2 FROM glacier WHERE name = 'Gamskarferner'	glacier_survey
SELECT area_km2 FROM glacier WHERE name = 'Gamskarferner'	glacier_survey
SELECT title FROM campaign WHERE heli_used = 1	glacier_survey
SELECT caption FROM photo WHERE taken_on < '1970-01-01'	glacier_survey
SELECT caption FROM photo WHERE taken_on < '1970-01-01'	glacier_survey
SELECT code FROM stake WHERE depth_m > 10	glacier_survey
SELECT count(DISTINCT mtn_range) FROM glacier	glacier_survey
SELECT count(DISTINCT mtn_range) FROM glacier	glacier_survey
SELECT name FROM glacier ORDER BY max_elev_m DESC	glacier_survey
SELECT name, max_elev_m - min_elev_m FROM glacier WHERE country = 'Switzerland'	glacier_survey
SELECT name, max_elev_m - min_elev_m FROM glacier WHERE country = 'Switzerland'	glacier_survey
SELECT T1.code FROM stake AS T1 JOIN glacier AS T2 ON T1.glacier_id = T2.glacier_id WHERE T2.name = 'Storskardbreen' AND T1.status = 'standing'	glacier_survey
SELECT T1.code FROM stake AS T1 JOIN glacier AS T2 ON T1.glacier_id = T2.glacier_id WHERE T2.name = 'Storskardbreen' AND T1.status = 'standing'	glacier_survey
SELECT title, budget_eur FROM campaign ORDER BY budget_eur DESC LIMIT 3	glacier_survey
SELECT aspect, count(*), avg(area_km2) FROM glacier GROUP BY aspect	glacier_survey
SELECT aspect, count(*), avg(area_km2) FROM glacier GROUP BY aspect	glacier_survey
SELECT yr, avg(mb_mmwe) FROM mass_balance WHERE is_final = 1 GROUP BY yr	glacier_survey
SELECT yr, avg(mb_mmwe) FROM mass_balance WHERE is_final = 1 GROUP BY yr	glacier_survey
SELECT T1.name, T2.name FROM glacier AS T1 JOIN glacier AS T2 ON T1.trib_of = T2.glacier_id	glacier_survey
SELECT title, start_dt, finish_dt FROM campaign WHERE start_dt BETWEEN '2019-06-01' AND '2019-09-30' ORDER BY start_dt ASC	glacier_survey
SELECT caption, taken_on FROM photo WHERE focal = '85 mm' ORDER BY taken_on ASC	glacier_survey
SELECT caption, taken_on FROM photo WHERE focal = '85 mm' ORDER BY taken_on ASC	glacier_survey
SELECT name FROM researcher WHERE specialty LIKE '%radar%'	glacier_survey
SELECT T1.name, sum(T2.days) FROM researcher AS T1 JOIN participation AS T2 ON T1.researcher_id = T2.researcher_id GROUP BY T1.researcher_id	glacier_survey
SELECT T1.name, sum(T2.days) FROM researcher AS T1 JOIN participation AS T2 ON T1.researcher_id = T2.researcher_id GROUP BY T1.researcher_id	glacier_survey
SELECT T2.name FROM researcher AS T1 JOIN researcher AS T2 ON T1.adviser_id = T2.researcher_id GROUP BY T2.researcher_id HAVING count(*) >= 3	glacier_survey
SELECT T2.yr, T2.ela_m FROM glacier AS T1 JOIN mass_balance AS T2 ON T1.glacier_id = T2.glacier_id WHERE T1.name = 'Whisper Creek Glacier'	glacier_survey
SELECT T2.name FROM mass_balance AS T1 JOIN glacier AS T2 ON T1.glacier_id = T2.glacier_id WHERE T1.yr = 2017 AND T1.mb_mmwe > 0	glacier_survey
SELECT T2.name FROM mass_balance AS T1 JOIN glacier AS T2 ON T1.glacier_id = T2.glacier_id WHERE T1.yr = 2017 AND T1.mb_mmwe > 0	glacier_survey
SELECT DISTINCT T1.name FROM researcher AS T1 JOIN photo AS T2 ON T1.researcher_id = T2.photographer_id WHERE T2.caption LIKE '%crevasse%'	glacier_survey
SELECT name FROM researcher WHERE researcher_id NOT IN (SELECT researcher_id FROM participation)	glacier_survey
SELECT name FROM researcher WHERE researcher_id NOT IN (SELECT researcher_id FROM participation)	glacier_survey
SELECT T1.name, T2.task FROM researcher AS T1 JOIN participation AS T2 ON T1.researcher_id = T2.researcher_id JOIN campaign AS T3 ON T2.campaign_id = T3.campaign_id WHERE T3.title = 'Rani Kharka Ice Core 2019'	glacier_survey
SELECT T1.name, T2.task FROM researcher AS T1 JOIN participation AS T2 ON T1.researcher_id = T2.researcher_id JOIN campaign AS T3 ON T2.campaign_id = T3.campaign_id WHERE T3.title = 'Rani Kharka Ice Core 2019'	glacier_survey
SELECT country FROM glacier WHERE aspect = 'E' INTERSECT SELECT country FROM glacier WHERE aspect = 'NE'	glacier_survey
SELECT country FROM glacier WHERE aspect = 'E' INTERSECT SELECT country FROM glacier WHERE aspect = 'NE'	glacier_survey
SELECT country FROM researcher EXCEPT SELECT country FROM glacier	glacier_survey
SELECT DISTINCT T1.name FROM researcher AS T1 JOIN participation AS T2 ON T1.researcher_id = T2.researcher_id JOIN campaign AS T3 ON T2.campaign_id = T3.campaign_id JOIN glacier AS T4 ON T3.glacier_id = T4.glacier_id WHERE T4.country = 'Nepal'	glacier_survey
SELECT DISTINCT T1.name FROM researcher AS T1 JOIN participation AS T2 ON T1.researcher_id = T2.researcher_id JOIN campaign AS T3 ON T2.campaign_id = T3.campaign_id JOIN glacier AS T4 ON T3.glacier_id = T4.glacier_id WHERE T4.country = 'Nepal'	glacier_survey
SELECT T1.name, count(*) FROM glacier AS T1 JOIN photo AS T2 ON T1.glacier_id = T2.glacier_id GROUP BY T1.glacier_id ORDER BY count(*) DESC LIMIT 1	glacier_survey
SELECT T1.name, count(*) FROM glacier AS T1 JOIN photo AS T2 ON T1.glacier_id = T2.glacier_id GROUP BY T1.glacier_id ORDER BY count(*) DESC LIMIT 1	glacier_survey
SELECT T1.name FROM researcher AS T1 JOIN mass_balance AS T2 ON T1.researcher_id = T2.observer_id JOIN glacier AS T3 ON T2.glacier_id = T3.glacier_id WHERE T3.name = 'Sandvatnsjökull' UNION SELECT T4.name FROM researcher AS T4 JOIN mass_balance AS T5 ON T4.researcher_id = T5.checker_id JOIN glacier AS T6 ON T5.glacier_id = T6.glacier_id WHERE T6.name = 'Sandvatnsjökull'	glacier_survey
SELECT T1.name, T2.yr FROM glacier AS T1 JOIN mass_balance AS T2 ON T1.glacier_id = T2.glacier_id WHERE T2.mb_mmwe = (SELECT min(mb_mmwe) FROM mass_balance)	glacier_survey
SELECT name FROM researcher WHERE is_guide = 0 AND researcher_id IN (SELECT researcher_id FROM participation WHERE task = 'safety')	glacier_survey
SELECT T1.name, avg(T2.mb_mmwe) FROM glacier AS T1 JOIN mass_balance AS T2 ON T1.glacier_id = T2.glacier_id WHERE T2.yr >= 2017 GROUP BY T1.glacier_id HAVING count(*) >= 6 ORDER BY avg(T2.mb_mmwe) ASC LIMIT 3	glacier_survey
SELECT nickname FROM knitters WHERE country = 'Ireland'	knitting_patterns
SELECT nickname FROM knitters WHERE country = 'Ireland'	knitting_patterns
SELECT title FROM patterns WHERE price_euros = 0	knitting_patterns
SELECT title FROM patterns WHERE price_euros = 0	knitting_patterns
SELECT DISTINCT mill FROM yarns WHERE weight_class = 'fingering'	knitting_patterns
SELECT DISTINCT mill FROM yarns WHERE weight_class = 'fingering'	knitting_patterns
SELECT count(DISTINCT pattern_id) FROM projects	knitting_patterns
SELECT nickname FROM knitters WHERE joined BETWEEN '2020-01-01' AND '2020-12-31'	knitting_patterns
SELECT nickname FROM knitters WHERE joined BETWEEN '2020-01-01' AND '2020-12-31'	knitting_patterns
SELECT metres_per_ball FROM yarns WHERE name = 'Nebbia'	knitting_patterns
SELECT country FROM knitters GROUP BY country HAVING count(*) >= 4	knitting_patterns
SELECT DISTINCT T1.nickname FROM knitters AS T1 JOIN projects AS T2 ON T1.knitter_id = T2.gift_for	knitting_patterns
SELECT title FROM patterns WHERE garment_type = 'shawl' AND price_euros < 5 ORDER BY price_euros	knitting_patterns
SELECT title FROM patterns WHERE garment_type = 'shawl' AND price_euros < 5 ORDER BY price_euros	knitting_patterns
SELECT name FROM yarns WHERE fibre LIKE '%silk%'	knitting_patterns
SELECT T1.title, T2.title FROM patterns AS T1 JOIN patterns AS T2 ON T1.variation_of = T2.pattern_id	knitting_patterns
SELECT T1.title, T2.title FROM patterns AS T1 JOIN patterns AS T2 ON T1.variation_of = T2.pattern_id	knitting_patterns
SELECT T1.name FROM designers AS T1 JOIN patterns AS T2 ON T1.designer_id = T2.designer_id GROUP BY T1.designer_id HAVING count(*) >= 4	knitting_patterns
SELECT T1.country, count(*) FROM designers AS T1 JOIN patterns AS T2 ON T1.designer_id = T2.designer_id GROUP BY T1.country	knitting_patterns
SELECT T1.country, count(*) FROM designers AS T1 JOIN patterns AS T2 ON T1.designer_id = T2.designer_id GROUP BY T1.country	knitting_patterns
SELECT title FROM patterns ORDER BY published DESC LIMIT 3	knitting_patterns
SELECT title FROM patterns ORDER BY published DESC LIMIT 3	knitting_patterns
SELECT T1.title FROM patterns AS T1 JOIN designers AS T2 ON T1.designer_id = T2.designer_id WHERE T2.country = 'Norway' AND T1.difficulty = 'advanced'	knitting_patterns
SELECT T1.title FROM patterns AS T1 JOIN designers AS T2 ON T1.designer_id = T2.designer_id WHERE T2.country = 'Norway' AND T1.difficulty = 'advanced'	knitting_patterns
SELECT min(ball_price_euros), max(ball_price_euros), avg(ball_price_euros) FROM yarns WHERE weight_class = 'DK'	knitting_patterns
SELECT DISTINCT T2.title FROM projects AS T1 JOIN patterns AS T2 ON T1.pattern_id = T2.pattern_id WHERE T1.status = 'frogged' AND T1.hours > 20	knitting_patterns
SELECT DISTINCT T2.title FROM projects AS T1 JOIN patterns AS T2 ON T1.pattern_id = T2.pattern_id WHERE T1.status = 'frogged' AND T1.hours > 20	knitting_patterns
SELECT difficulty FROM patterns GROUP BY difficulty ORDER BY avg(price_euros)	knitting_patterns
SELECT T1.nickname FROM knitters AS T1 JOIN projects AS T2 ON T1.knitter_id = T2.knitter_id GROUP BY T1.knitter_id HAVING sum(T2.hours) > 350	knitting_patterns
SELECT nickname FROM knitters WHERE gives_lessons = 1 ORDER BY joined	knitting_patterns
SELECT nickname FROM knitters WHERE gives_lessons = 1 ORDER BY joined	knitting_patterns
SELECT name FROM yarns WHERE discontinued = 1 ORDER BY metres_per_ball DESC	knitting_patterns
SELECT T1.balls * T2.ball_price_euros FROM pattern_yarns AS T1 JOIN yarns AS T2 ON T1.yarn_id = T2.yarn_id JOIN patterns AS T3 ON T1.pattern_id = T3.pattern_id WHERE T3.title = 'Currach'	knitting_patterns
SELECT T1.balls * T2.ball_price_euros FROM pattern_yarns AS T1 JOIN yarns AS T2 ON T1.yarn_id = T2.yarn_id JOIN patterns AS T3 ON T1.pattern_id = T3.pattern_id WHERE T3.title = 'Currach'	knitting_patterns
SELECT name FROM yarns WHERE yarn_id NOT IN (SELECT yarn_id FROM pattern_yarns)	knitting_patterns
SELECT name FROM yarns WHERE yarn_id NOT IN (SELECT yarn_id FROM pattern_yarns)	knitting_patterns
SELECT name FROM designers WHERE designer_id IN (SELECT designer_id FROM patterns WHERE needle_size = '8.0 mm')	knitting_patterns
SELECT town FROM knitters WHERE country = 'United Kingdom' UNION SELECT town FROM designers WHERE country = 'United Kingdom'	knitting_patterns
SELECT T2.name, T1.balls FROM pattern_yarns AS T1 JOIN yarns AS T2 ON T1.yarn_id = T2.yarn_id JOIN patterns AS T3 ON T1.pattern_id = T3.pattern_id WHERE T3.title = 'Seven Hedges'	knitting_patterns
SELECT T1.garment_type FROM patterns AS T1 JOIN projects AS T2 ON T1.pattern_id = T2.pattern_id GROUP BY T1.garment_type ORDER BY avg(T2.hours)	knitting_patterns
SELECT T1.name FROM designers AS T1 JOIN patterns AS T2 ON T1.designer_id = T2.designer_id JOIN pattern_yarns AS T3 ON T2.pattern_id = T3.pattern_id JOIN yarns AS T4 ON T3.yarn_id = T4.yarn_id GROUP BY T1.designer_id ORDER BY count(DISTINCT T4.mill) LIMIT 1	knitting_patterns
SELECT T1.name FROM designers AS T1 JOIN patterns AS T2 ON T1.designer_id = T2.designer_id JOIN pattern_yarns AS T3 ON T2.pattern_id = T3.pattern_id JOIN yarns AS T4 ON T3.yarn_id = T4.yarn_id GROUP BY T1.designer_id ORDER BY count(DISTINCT T4.mill) LIMIT 1	knitting_patterns
SELECT T1.nickname FROM knitters AS T1 JOIN projects AS T2 ON T1.knitter_id = T2.knitter_id JOIN patterns AS T3 ON T2.pattern_id = T3.pattern_id WHERE T3.garment_type = 'socks' INTERSECT SELECT T4.nickname FROM knitters AS T4 JOIN projects AS T5 ON T4.knitter_id = T5.knitter_id JOIN patterns AS T6 ON T5.pattern_id = T6.pattern_id WHERE T6.garment_type = 'cardigan'	knitting_patterns
SELECT T1.title FROM patterns AS T1 JOIN projects AS T2 ON T1.pattern_id = T2.pattern_id WHERE T2.status = 'hibernating' EXCEPT SELECT T3.title FROM patterns AS T3 JOIN projects AS T4 ON T3.pattern_id = T4.pattern_id WHERE T4.status = 'frogged'	knitting_patterns
SELECT T1.name, avg(T3.rating) FROM designers AS T1 JOIN patterns AS T2 ON T1.designer_id = T2.designer_id JOIN projects AS T3 ON T2.pattern_id = T3.pattern_id GROUP BY T1.designer_id HAVING count(T3.rating) >= 10 ORDER BY avg(T3.rating) DESC LIMIT 1	knitting_patterns
SELECT T1.name, avg(T3.rating) FROM designers AS T1 JOIN patterns AS T2 ON T1.designer_id = T2.designer_id JOIN projects AS T3 ON T2.pattern_id = T3.pattern_id GROUP BY T1.designer_id HAVING count(T3.rating) >= 10 ORDER BY avg(T3.rating) DESC LIMIT 1	knitting_patterns
SELECT T1.nickname, T2.hours FROM knitters AS T1 JOIN projects AS T2 ON T1.knitter_id = T2.knitter_id WHERE T2.hours = (SELECT max(hours) FROM projects)	knitting_patterns
SELECT T1.nickname, T2.hours FROM knitters AS T1 JOIN projects AS T2 ON T1.knitter_id = T2.knitter_id WHERE T2.hours = (SELECT max(hours) FROM projects)	knitting_patterns
SELECT count(*) FROM call_out WHERE weather = 'fog'	mountain_rescue
SELECT count(*) FROM call_out WHERE weather = 'fog'	mountain_rescue
SELECT name FROM base ORDER BY altitude_m ASC	mountain_rescue
SELECT DISTINCT T1.name FROM volunteer AS T1 JOIN equipment_item AS T2 ON T2.carried_by = T1.volunteer_id	mountain_rescue
SELECT DISTINCT T1.name FROM volunteer AS T1 JOIN equipment_item AS T2 ON T2.carried_by = T1.volunteer_id	mountain_rescue
SELECT avg(attendees) FROM training_day WHERE topic = 'rope rescue'	mountain_rescue
SELECT count(DISTINCT area) FROM call_out WHERE alerted_by = 'WARDEN'	mountain_rescue
SELECT count(DISTINCT area) FROM call_out WHERE alerted_by = 'WARDEN'	mountain_rescue
SELECT name FROM volunteer WHERE birth_year BETWEEN 1960 AND 1969	mountain_rescue
SELECT sum(casualties) FROM call_out WHERE called_on BETWEEN '2022-01-01' AND '2022-12-31'	mountain_rescue
SELECT area FROM call_out GROUP BY area HAVING count(*) >= 6	mountain_rescue
SELECT area FROM call_out GROUP BY area HAVING count(*) >= 6	mountain_rescue
SELECT T1.serial_code FROM equipment_item AS T1 JOIN base AS T2 ON T1.base_id = T2.base_id WHERE T1.kind = 'stretcher' AND T2.has_helipad = 0	mountain_rescue
SELECT T1.serial_code FROM equipment_item AS T1 JOIN base AS T2 ON T1.base_id = T2.base_id WHERE T1.kind = 'stretcher' AND T2.has_helipad = 0	mountain_rescue
SELECT sum(T1.hours) FROM call_out_volunteer AS T1 JOIN volunteer AS T2 ON T1.volunteer_id = T2.volunteer_id WHERE T2.name = 'Søren Lindqvist'	mountain_rescue
SELECT reason FROM call_out GROUP BY reason ORDER BY count(*) DESC	mountain_rescue
SELECT reason FROM call_out GROUP BY reason ORDER BY count(*) DESC	mountain_rescue
SELECT name, joined_on FROM volunteer ORDER BY joined_on DESC LIMIT 3	mountain_rescue
SELECT kind, sum(price_gbp) FROM equipment_item GROUP BY kind HAVING sum(price_gbp) > 5000	mountain_rescue
SELECT kind, sum(price_gbp) FROM equipment_item GROUP BY kind HAVING sum(price_gbp) > 5000	mountain_rescue
SELECT ref_no FROM call_out WHERE area LIKE '%Tarn%'	mountain_rescue
SELECT ref_no FROM call_out WHERE area LIKE '%Tarn%'	mountain_rescue
SELECT T1.name, T2.name FROM volunteer AS T1 JOIN volunteer AS T2 ON T1.mentor_id = T2.volunteer_id WHERE T1.grade = 'Trainee'	mountain_rescue
SELECT max(cost_gbp), min(cost_gbp), avg(cost_gbp) FROM training_day WHERE topic = 'first aid'	mountain_rescue
SELECT max(cost_gbp), min(cost_gbp), avg(cost_gbp) FROM training_day WHERE topic = 'first aid'	mountain_rescue
SELECT name, annual_grant_gbp - annual_rent_gbp FROM base ORDER BY annual_grant_gbp - annual_rent_gbp DESC	mountain_rescue
SELECT DISTINCT T1.name FROM volunteer AS T1 JOIN training_day AS T2 ON T2.leader_id = T1.volunteer_id WHERE T2.cost_gbp > T2.budget_gbp	mountain_rescue
SELECT T2.grade, sum(T1.hours) FROM call_out_volunteer AS T1 JOIN volunteer AS T2 ON T1.volunteer_id = T2.volunteer_id GROUP BY T2.grade	mountain_rescue
SELECT T2.grade, sum(T1.hours) FROM call_out_volunteer AS T1 JOIN volunteer AS T2 ON T1.volunteer_id = T2.volunteer_id GROUP BY T2.grade	mountain_rescue
SELECT serial_code, next_test FROM equipment_item WHERE next_test < '2024-02-01' ORDER BY next_test ASC	mountain_rescue
SELECT T2.name, count(*) FROM call_out AS T1 JOIN base AS T2 ON T1.base_id = T2.base_id GROUP BY T2.base_id	mountain_rescue
SELECT T2.name, count(*) FROM call_out AS T1 JOIN base AS T2 ON T1.base_id = T2.base_id GROUP BY T2.base_id	mountain_rescue
SELECT T3.name, T2.role FROM call_out AS T1 JOIN call_out_volunteer AS T2 ON T1.call_out_id = T2.call_out_id JOIN volunteer AS T3 ON T2.volunteer_id = T3.volunteer_id WHERE T1.ref_no = 'CO-22-025'	mountain_rescue
SELECT T3.name, T2.role FROM call_out AS T1 JOIN call_out_volunteer AS T2 ON T1.call_out_id = T2.call_out_id JOIN volunteer AS T3 ON T2.volunteer_id = T3.volunteer_id WHERE T1.ref_no = 'CO-22-025'	mountain_rescue
SELECT name FROM volunteer WHERE volunteer_id NOT IN (SELECT volunteer_id FROM call_out_volunteer)	mountain_rescue
SELECT T2.name FROM equipment_item AS T1 JOIN base AS T2 ON T1.base_id = T2.base_id ORDER BY T1.price_gbp DESC LIMIT 1	mountain_rescue
SELECT name FROM volunteer WHERE volunteer_id IN (SELECT volunteer_id FROM call_out_volunteer WHERE hours = (SELECT max(hours) FROM call_out_volunteer))	mountain_rescue
SELECT area FROM call_out WHERE reason = 'fall' EXCEPT SELECT area FROM call_out WHERE outcome = 'fatal'	mountain_rescue
SELECT area FROM call_out WHERE reason = 'fall' EXCEPT SELECT area FROM call_out WHERE outcome = 'fatal'	mountain_rescue
SELECT T2.name, sum(T1.cost_gbp) FROM training_day AS T1 JOIN base AS T2 ON T1.base_id = T2.base_id GROUP BY T2.base_id ORDER BY sum(T1.cost_gbp) DESC	mountain_rescue
SELECT DISTINCT T1.name FROM base AS T1 JOIN volunteer AS T2 ON T2.base_id = T1.base_id JOIN call_out_volunteer AS T3 ON T3.volunteer_id = T2.volunteer_id JOIN call_out AS T4 ON T3.call_out_id = T4.call_out_id WHERE T4.reason = 'avalanche'	mountain_rescue
SELECT DISTINCT T1.name FROM base AS T1 JOIN volunteer AS T2 ON T2.base_id = T1.base_id JOIN call_out_volunteer AS T3 ON T3.volunteer_id = T2.volunteer_id JOIN call_out AS T4 ON T3.call_out_id = T4.call_out_id WHERE T4.reason = 'avalanche'	mountain_rescue
SELECT T1.name FROM volunteer AS T1 JOIN call_out_volunteer AS T2 ON T1.volunteer_id = T2.volunteer_id GROUP BY T1.volunteer_id ORDER BY sum(T2.hours) DESC LIMIT 3	mountain_rescue
SELECT T1.name FROM volunteer AS T1 JOIN call_out_volunteer AS T2 ON T1.volunteer_id = T2.volunteer_id GROUP BY T1.volunteer_id ORDER BY sum(T2.hours) DESC LIMIT 3	mountain_rescue
SELECT T1.name FROM volunteer AS T1 JOIN call_out_volunteer AS T2 ON T1.volunteer_id = T2.volunteer_id WHERE T2.role = 'leader' INTERSECT SELECT T3.name FROM volunteer AS T3 JOIN call_out_volunteer AS T4 ON T3.volunteer_id = T4.volunteer_id WHERE T4.role = 'driver'	mountain_rescue
SELECT T1.name FROM volunteer AS T1 JOIN training_day AS T2 ON T2.leader_id = T1.volunteer_id WHERE T2.topic = 'winter navigation' UNION SELECT T3.name FROM volunteer AS T3 JOIN training_day AS T4 ON T4.safety_officer_id = T3.volunteer_id WHERE T4.topic = 'winter navigation'	mountain_rescue
SELECT T3.name, count(*) FROM call_out AS T1 JOIN call_out_volunteer AS T2 ON T1.call_out_id = T2.call_out_id JOIN volunteer AS T3 ON T2.volunteer_id = T3.volunteer_id WHERE T1.start_time >= '20:00' GROUP BY T3.volunteer_id HAVING count(*) >= 4	mountain_rescue
SELECT T3.name, count(*) FROM call_out AS T1 JOIN call_out_volunteer AS T2 ON T1.call_out_id = T2.call_out_id JOIN volunteer AS T3 ON T2.volunteer_id = T3.volunteer_id WHERE T1.start_time >= '20:00' GROUP BY T3.volunteer_id HAVING count(*) >= 4	mountain_rescue
SELECT count(*) FROM vulnerabilities WHERE reported_at BETWEEN '2021-01-01' AND '2021-12-31'	package_registry
SELECT count(*) FROM vulnerabilities WHERE reported_at BETWEEN '2021-01-01' AND '2021-12-31'	package_registry
SELECT country FROM maintainers GROUP BY country HAVING count(*) >= 3	package_registry
SELECT count(*) FROM maintainers WHERE has_two_factor = 0	package_registry
SELECT count(*) FROM maintainers WHERE has_two_factor = 0	package_registry
SELECT count(DISTINCT package_id) FROM dependencies WHERE kind = 'dev'	package_registry
SELECT advisory_code FROM vulnerabilities WHERE cvss_score >= 9.5	package_registry
SELECT advisory_code FROM vulnerabilities WHERE cvss_score >= 9.5	package_registry
SELECT DISTINCT license FROM packages WHERE language = 'Rust'	package_registry
SELECT sum(download_count) FROM releases WHERE is_yanked = 1	package_registry
SELECT sum(download_count) FROM releases WHERE is_yanked = 1	package_registry
SELECT DISTINCT T1.real_name FROM maintainers AS T1 JOIN vulnerabilities AS T2 ON T1.id = T2.reporter_id	package_registry
SELECT language, count(*) FROM packages GROUP BY language	package_registry
SELECT language, count(*) FROM packages GROUP BY language	package_registry
SELECT name, homepage FROM packages WHERE language = 'Go' ORDER BY created_at	package_registry
SELECT T2.version, T2.size_bytes FROM packages AS T1 JOIN releases AS T2 ON T1.id = T2.package_id WHERE T1.name = 'ottercache'	package_registry
SELECT T2.version, T2.size_bytes FROM packages AS T1 JOIN releases AS T2 ON T1.id = T2.package_id WHERE T1.name = 'ottercache'	package_registry
SELECT T1.name, T2.name FROM packages AS T1 JOIN packages AS T2 ON T1.superseded_by_id = T2.id ORDER BY T1.name	package_registry
SELECT T1.name, T2.name FROM packages AS T1 JOIN packages AS T2 ON T1.superseded_by_id = T2.id ORDER BY T1.name	package_registry
SELECT count(*) FROM package_maintainers AS T1 JOIN maintainers AS T2 ON T1.maintainer_id = T2.id WHERE T2.login = 'k_adeyemi' AND T1.since < '2018-01-01'	package_registry
SELECT count(*) FROM package_maintainers AS T1 JOIN maintainers AS T2 ON T1.maintainer_id = T2.id WHERE T2.login = 'k_adeyemi' AND T1.since < '2018-01-01'	package_registry
SELECT login FROM maintainers ORDER BY joined_at LIMIT 3	package_registry
SELECT login FROM maintainers ORDER BY joined_at LIMIT 3	package_registry
SELECT advisory_code, severity FROM vulnerabilities WHERE title LIKE '%path traversal%'	package_registry
SELECT severity, count(*), count(fixed_at) FROM vulnerabilities GROUP BY severity	package_registry
SELECT name, open_issues + closed_issues FROM packages WHERE language = 'Ruby' ORDER BY name	package_registry
SELECT T1.name FROM packages AS T1 JOIN vulnerabilities AS T2 ON T1.id = T2.package_id GROUP BY T1.id HAVING count(*) >= 3	package_registry
SELECT T1.name FROM packages AS T1 JOIN vulnerabilities AS T2 ON T1.id = T2.package_id GROUP BY T1.id HAVING count(*) >= 3	package_registry
SELECT T1.name FROM packages AS T1 JOIN releases AS T2 ON T1.id = T2.package_id GROUP BY T1.id HAVING sum(T2.download_count) > 400000	package_registry
SELECT name FROM packages WHERE license = 'MIT' AND created_at >= '2019-01-01' ORDER BY created_at DESC	package_registry
SELECT name FROM packages WHERE license = 'MIT' AND created_at >= '2019-01-01' ORDER BY created_at DESC	package_registry
SELECT T1.name, count(*) FROM packages AS T1 JOIN dependencies AS T2 ON T1.id = T2.depends_on_id GROUP BY T1.id	package_registry
SELECT T1.name, T2.version_range FROM packages AS T1 JOIN dependencies AS T2 ON T1.id = T2.package_id JOIN packages AS T3 ON T2.depends_on_id = T3.id WHERE T3.name = 'bramblejson'	package_registry
SELECT T1.name, T2.version_range FROM packages AS T1 JOIN dependencies AS T2 ON T1.id = T2.package_id JOIN packages AS T3 ON T2.depends_on_id = T3.id WHERE T3.name = 'bramblejson'	package_registry
SELECT login FROM maintainers WHERE id NOT IN (SELECT maintainer_id FROM package_maintainers)	package_registry
SELECT name FROM packages WHERE open_issues > (SELECT avg(open_issues) FROM packages)	package_registry
SELECT name FROM packages WHERE open_issues > (SELECT avg(open_issues) FROM packages)	package_registry
SELECT T1.name, T2.version FROM packages AS T1 JOIN releases AS T2 ON T1.id = T2.package_id ORDER BY T2.download_count DESC LIMIT 1	package_registry
SELECT T1.name, T2.version FROM packages AS T1 JOIN releases AS T2 ON T1.id = T2.package_id ORDER BY T2.download_count DESC LIMIT 1	package_registry
SELECT language FROM packages EXCEPT SELECT language FROM packages WHERE license LIKE '%GPL%'	package_registry
SELECT DISTINCT T1.name, T3.name FROM packages AS T1 JOIN dependencies AS T2 ON T1.id = T2.package_id JOIN packages AS T3 ON T2.depends_on_id = T3.id JOIN vulnerabilities AS T4 ON T3.id = T4.package_id WHERE T2.kind = 'runtime' AND T4.severity = 'HIGH'	package_registry
SELECT DISTINCT T1.name, T3.name FROM packages AS T1 JOIN dependencies AS T2 ON T1.id = T2.package_id JOIN packages AS T3 ON T2.depends_on_id = T3.id JOIN vulnerabilities AS T4 ON T3.id = T4.package_id WHERE T2.kind = 'runtime' AND T4.severity = 'HIGH'	package_registry
SELECT T1.name FROM packages AS T1 JOIN releases AS T2 ON T1.id = T2.package_id WHERE T2.is_yanked = 1 UNION SELECT name FROM packages WHERE is_deprecated = 1	package_registry
SELECT T1.login FROM maintainers AS T1 JOIN package_maintainers AS T2 ON T1.id = T2.maintainer_id WHERE T2.role = 'owner' INTERSECT SELECT T3.login FROM maintainers AS T3 JOIN vulnerabilities AS T4 ON T3.id = T4.reporter_id	package_registry
SELECT T1.login FROM maintainers AS T1 JOIN package_maintainers AS T2 ON T1.id = T2.maintainer_id WHERE T2.role = 'owner' INTERSECT SELECT T3.login FROM maintainers AS T3 JOIN vulnerabilities AS T4 ON T3.id = T4.reporter_id	package_registry
SELECT T1.name, sum(T2.download_count) FROM packages AS T1 JOIN releases AS T2 ON T1.id = T2.package_id WHERE T2.released_at LIKE '2023-%' GROUP BY T1.id ORDER BY sum(T2.download_count) DESC LIMIT 3	package_registry
SELECT DISTINCT T1.name FROM packages AS T1 JOIN dependencies AS T2 ON T1.id = T2.package_id WHERE T2.kind = 'runtime' AND T2.depends_on_id IN (SELECT id FROM packages WHERE is_deprecated = 1)	package_registry
SELECT T1.real_name, count(*) FROM maintainers AS T1 JOIN package_maintainers AS T2 ON T1.id = T2.maintainer_id JOIN packages AS T3 ON T2.package_id = T3.id WHERE T3.language = 'Rust' GROUP BY T1.id ORDER BY count(*) DESC LIMIT 1	package_registry
SELECT ttl FROM pat WHERE pub_no = 'EX2175616'	patent_office
SELECT ttl FROM pat WHERE pub_no = 'EX2175616'	patent_office
SELECT count(*) FROM pat WHERE opp_fl = 1	patent_office
SELECT count(*) FROM pat WHERE opp_fl = 1	patent_office
SELECT DISTINCT tech_cls FROM pat WHERE stat = 'refused'	patent_office
SELECT dir_cd FROM exmr GROUP BY dir_cd HAVING count(*) > 3	patent_office
SELECT appl_nm FROM appl WHERE reg_dt >= '2015-01-01'	patent_office
SELECT appl_nm FROM appl WHERE reg_dt >= '2015-01-01'	patent_office
SELECT count(DISTINCT city) FROM inv WHERE ctry_cd = 'IE'	patent_office
SELECT count(DISTINCT city) FROM inv WHERE ctry_cd = 'IE'	patent_office
SELECT ttl FROM pat WHERE gr_dt BETWEEN '2016-01-01' AND '2016-03-31'	patent_office
SELECT count(DISTINCT T1.appl_id) FROM pat AS T1 JOIN cit AS T2 ON T1.pub_no = T2.cited_pub_no	patent_office
SELECT stat, count(*) FROM pat GROUP BY stat	patent_office
SELECT stat, count(*) FROM pat GROUP BY stat	patent_office
SELECT T1.ttl FROM pat AS T1 JOIN appl AS T2 ON T1.appl_id = T2.appl_id WHERE T2.appl_nm = 'Université de Saint-Aubin'	patent_office
SELECT T1.ttl FROM pat AS T1 JOIN appl AS T2 ON T1.appl_id = T2.appl_id WHERE T2.appl_nm = 'Université de Saint-Aubin'	patent_office
SELECT T1.ttl, T1.fil_dt FROM pat AS T1 JOIN exmr AS T2 ON T1.exmr_id = T2.exmr_id WHERE T2.wk_hrs = 20	patent_office
SELECT ttl FROM pat ORDER BY clm_fil - clm_gr DESC LIMIT 1	patent_office
SELECT ttl FROM pat ORDER BY clm_fil - clm_gr DESC LIMIT 1	patent_office
SELECT T2.typ, avg(T1.ann_fee) FROM pat AS T1 JOIN appl AS T2 ON T1.appl_id = T2.appl_id GROUP BY T2.typ	patent_office
SELECT T1.fst_nm, T1.lst_nm FROM inv AS T1 JOIN pat_inv AS T2 ON T1.inv_id = T2.inv_id WHERE T2.pub_no = 'EX2123134'	patent_office
SELECT T1.fst_nm, T1.lst_nm FROM inv AS T1 JOIN pat_inv AS T2 ON T1.inv_id = T2.inv_id WHERE T2.pub_no = 'EX2123134'	patent_office
SELECT T2.appl_nm FROM pat AS T1 JOIN appl AS T2 ON T1.appl_id = T2.appl_id GROUP BY T2.appl_id HAVING count(*) > 6	patent_office
SELECT T1.ttl, T2.ttl FROM pat AS T1 JOIN pat AS T2 ON T1.prnt_pub_no = T2.pub_no WHERE T1.tech_cls = 'H01M'	patent_office
SELECT T1.ttl, T2.ttl FROM pat AS T1 JOIN pat AS T2 ON T1.prnt_pub_no = T2.pub_no WHERE T1.tech_cls = 'H01M'	patent_office
SELECT count(*) FROM cit AS T1 JOIN pat AS T2 ON T1.citing_pub_no = T2.pub_no WHERE T1.cat = 'X' AND T2.stat = 'pending'	patent_office
SELECT fst_nm, lst_nm, grd FROM exmr WHERE hire_dt < '2005-01-01' ORDER BY hire_dt	patent_office
SELECT pub_no FROM pat WHERE ttl LIKE '%battery%'	patent_office
SELECT pub_no FROM pat WHERE ttl LIKE '%battery%'	patent_office
SELECT lang_cd, min(clm_fil), max(clm_fil) FROM pat GROUP BY lang_cd	patent_office
SELECT T1.lst_nm, T2.lst_nm FROM exmr AS T1 JOIN exmr AS T2 ON T1.sup_id = T2.exmr_id ORDER BY T1.hire_dt	patent_office
SELECT fst_nm, lst_nm FROM inv ORDER BY brth_yr DESC LIMIT 3	patent_office
SELECT ctry_cd FROM appl WHERE typ = 'UNIV' INTERSECT SELECT ctry_cd FROM appl WHERE typ = 'INDV'	patent_office
SELECT ctry_cd FROM appl WHERE typ = 'UNIV' INTERSECT SELECT ctry_cd FROM appl WHERE typ = 'INDV'	patent_office
SELECT appl_nm FROM appl WHERE appl_id NOT IN (SELECT appl_id FROM pat)	patent_office
SELECT appl_nm FROM appl WHERE appl_id NOT IN (SELECT appl_id FROM pat)	patent_office
SELECT T3.ttl, T2.shr_pct FROM inv AS T1 JOIN pat_inv AS T2 ON T1.inv_id = T2.inv_id JOIN pat AS T3 ON T2.pub_no = T3.pub_no WHERE T1.lst_nm = 'Núñez'	patent_office
SELECT T3.ttl, T2.shr_pct FROM inv AS T1 JOIN pat_inv AS T2 ON T1.inv_id = T2.inv_id JOIN pat AS T3 ON T2.pub_no = T3.pub_no WHERE T1.lst_nm = 'Núñez'	patent_office
SELECT citing_pub_no FROM cit WHERE cited_pub_no = 'EX2137667' UNION SELECT pub_no FROM pat WHERE prnt_pub_no = 'EX2137667'	patent_office
SELECT count(*) FROM cit AS T1 JOIN pat AS T2 ON T1.citing_pub_no = T2.pub_no JOIN pat AS T3 ON T1.cited_pub_no = T3.pub_no WHERE T2.appl_id = T3.appl_id	patent_office
SELECT T1.fst_nm, T1.lst_nm FROM inv AS T1 JOIN pat_inv AS T2 ON T1.inv_id = T2.inv_id JOIN pat AS T3 ON T2.pub_no = T3.pub_no JOIN appl AS T4 ON T3.appl_id = T4.appl_id WHERE T4.appl_nm = 'Cardinal Ridge Systems Inc.' GROUP BY T1.inv_id ORDER BY T1.lst_nm	patent_office
SELECT T1.fst_nm, T1.lst_nm FROM inv AS T1 JOIN pat_inv AS T2 ON T1.inv_id = T2.inv_id JOIN pat AS T3 ON T2.pub_no = T3.pub_no JOIN appl AS T4 ON T3.appl_id = T4.appl_id WHERE T4.appl_nm = 'Cardinal Ridge Systems Inc.' GROUP BY T1.inv_id ORDER BY T1.lst_nm	patent_office
SELECT T2.appl_nm FROM pat AS T1 JOIN appl AS T2 ON T1.appl_id = T2.appl_id WHERE T1.tech_cls = 'C12N' EXCEPT SELECT T4.appl_nm FROM pat AS T3 JOIN appl AS T4 ON T3.appl_id = T4.appl_id WHERE T3.stat = 'refused'	patent_office
SELECT T2.appl_nm FROM pat AS T1 JOIN appl AS T2 ON T1.appl_id = T2.appl_id WHERE T1.tech_cls = 'C12N' EXCEPT SELECT T4.appl_nm FROM pat AS T3 JOIN appl AS T4 ON T3.appl_id = T4.appl_id WHERE T3.stat = 'refused'	patent_office
SELECT T2.ttl FROM cit AS T1 JOIN pat AS T2 ON T1.cited_pub_no = T2.pub_no WHERE T1.src = 'EXM' GROUP BY T2.pub_no HAVING count(*) >= 6 ORDER BY T2.ttl	patent_office
SELECT T2.ttl FROM cit AS T1 JOIN pat AS T2 ON T1.cited_pub_no = T2.pub_no WHERE T1.src = 'EXM' GROUP BY T2.pub_no HAVING count(*) >= 6 ORDER BY T2.ttl	patent_office
SELECT fst_nm, lst_nm FROM inv WHERE inv_id IN (SELECT inv_id FROM pat_inv GROUP BY inv_id HAVING count(*) >= 7) ORDER BY lst_nm	patent_office
SELECT T1.pub_no, T1.ann_fee FROM pat AS T1 JOIN appl AS T2 ON T1.appl_id = T2.appl_id WHERE T2.typ = 'UNIV' AND T1.ann_fee > (SELECT avg(ann_fee) FROM pat) ORDER BY T1.ann_fee DESC	patent_office
SELECT code FROM Fragrance WHERE name = 'Cendre Douce'	perfume_house
SELECT avg(price_eur_kg) FROM Material WHERE is_natural = 0	perfume_house
SELECT avg(price_eur_kg) FROM Material WHERE is_natural = 0	perfume_house
SELECT DISTINCT country FROM House WHERE independent = 1	perfume_house
SELECT DISTINCT country FROM House WHERE independent = 1	perfume_house
SELECT max(longevity_hours) FROM Review	perfume_house
SELECT name FROM Fragrance WHERE concentration = 'EdC'	perfume_house
SELECT name FROM Fragrance WHERE concentration = 'EdC'	perfume_house
SELECT count(DISTINCT perfumer_id) FROM Fragrance	perfume_house
SELECT count(DISTINCT perfumer_id) FROM Fragrance	perfume_house
SELECT name FROM Material WHERE ifra_restricted = 1	perfume_house
SELECT family FROM Fragrance GROUP BY family ORDER BY avg(price_eur_50ml) DESC	perfume_house
SELECT family FROM Fragrance GROUP BY family ORDER BY avg(price_eur_50ml) DESC	perfume_house
SELECT T2.name, count(*) FROM Fragrance AS T1 JOIN House AS T2 ON T1.house_id = T2.house_id GROUP BY T2.house_id	perfume_house
SELECT T2.name, count(*) FROM Fragrance AS T1 JOIN House AS T2 ON T1.house_id = T2.house_id GROUP BY T2.house_id	perfume_house
SELECT count(*) FROM Review AS T1 JOIN Fragrance AS T2 ON T1.fragrance_id = T2.fragrance_id WHERE T2.name = 'Mose' AND T1.would_rebuy = 0	perfume_house
SELECT count(*) FROM Review AS T1 JOIN Fragrance AS T2 ON T1.fragrance_id = T2.fragrance_id WHERE T2.name = 'Mose' AND T1.would_rebuy = 0	perfume_house
SELECT T1.name, T2.name FROM Perfumer AS T1 JOIN House AS T2 ON T1.house_id = T2.house_id WHERE T1.country = 'France'	perfume_house
SELECT T1.name, T2.name FROM Perfumer AS T1 JOIN Perfumer AS T2 ON T1.trained_under = T2.perfumer_id ORDER BY T1.birth_year	perfume_house
SELECT T1.name, T2.name FROM Perfumer AS T1 JOIN Perfumer AS T2 ON T1.trained_under = T2.perfumer_id ORDER BY T1.birth_year	perfume_house
SELECT name FROM Fragrance WHERE launch_year BETWEEN 1980 AND 1989 ORDER BY launch_year	perfume_house
SELECT name, bottle_size FROM Fragrance ORDER BY price_eur_50ml DESC LIMIT 3	perfume_house
SELECT name, bottle_size FROM Fragrance ORDER BY price_eur_50ml DESC LIMIT 3	perfume_house
SELECT DISTINCT headline FROM Review WHERE headline LIKE 'Smells like%'	perfume_house
SELECT concentration, min(price_eur_50ml), max(price_eur_50ml) FROM Fragrance GROUP BY concentration	perfume_house
SELECT concentration, min(price_eur_50ml), max(price_eur_50ml) FROM Fragrance GROUP BY concentration	perfume_house
SELECT role, avg(share_pct) FROM Composition GROUP BY role	perfume_house
SELECT count(DISTINCT T1.customer_id) FROM Review AS T1 JOIN Customer AS T2 ON T1.customer_id = T2.customer_id WHERE T2.city = 'Antwerp' AND T1.review_date BETWEEN '2024-01-01' AND '2024-12-31'	perfume_house
SELECT count(DISTINCT T1.customer_id) FROM Review AS T1 JOIN Customer AS T2 ON T1.customer_id = T2.customer_id WHERE T2.city = 'Antwerp' AND T1.review_date BETWEEN '2024-01-01' AND '2024-12-31'	perfume_house
SELECT T2.name FROM Composition AS T1 JOIN Material AS T2 ON T1.material_id = T2.material_id GROUP BY T2.material_id HAVING count(*) >= 10	perfume_house
SELECT T2.name FROM Composition AS T1 JOIN Material AS T2 ON T1.material_id = T2.material_id GROUP BY T2.material_id HAVING count(*) >= 10	perfume_house
SELECT name, card_no FROM Customer ORDER BY joined_date DESC LIMIT 5	perfume_house
SELECT T3.name, T2.share_pct FROM Fragrance AS T1 JOIN Composition AS T2 ON T1.fragrance_id = T2.fragrance_id JOIN Material AS T3 ON T2.material_id = T3.material_id WHERE T1.name = 'Pall Mall Vetiver' AND T2.role = 'top'	perfume_house
SELECT T1.name, T1.price_eur_50ml - T2.price_eur_50ml FROM Fragrance AS T1 JOIN Fragrance AS T2 ON T1.flanker_of = T2.fragrance_id WHERE T1.price_eur_50ml > T2.price_eur_50ml ORDER BY T1.price_eur_50ml - T2.price_eur_50ml DESC	perfume_house
SELECT T1.name, T1.price_eur_50ml - T2.price_eur_50ml FROM Fragrance AS T1 JOIN Fragrance AS T2 ON T1.flanker_of = T2.fragrance_id WHERE T1.price_eur_50ml > T2.price_eur_50ml ORDER BY T1.price_eur_50ml - T2.price_eur_50ml DESC	perfume_house
SELECT name FROM Perfumer WHERE perfumer_id NOT IN (SELECT perfumer_id FROM Fragrance)	perfume_house
SELECT T1.name FROM Fragrance AS T1 JOIN Perfumer AS T2 ON T1.perfumer_id = T2.perfumer_id JOIN Perfumer AS T3 ON T2.trained_under = T3.perfumer_id WHERE T3.name = 'Sandrine Vautrin'	perfume_house
SELECT T1.name FROM Fragrance AS T1 JOIN Perfumer AS T2 ON T1.perfumer_id = T2.perfumer_id JOIN Perfumer AS T3 ON T2.trained_under = T3.perfumer_id WHERE T3.name = 'Sandrine Vautrin'	perfume_house
SELECT T2.city, avg(T1.stars) FROM Review AS T1 JOIN Customer AS T2 ON T1.customer_id = T2.customer_id GROUP BY T2.city ORDER BY avg(T1.stars) DESC	perfume_house
SELECT name FROM Customer WHERE customer_id IN (SELECT customer_id FROM Review WHERE stars = 1)	perfume_house
SELECT T1.name, count(DISTINCT T4.material_id) FROM House AS T1 JOIN Fragrance AS T2 ON T1.house_id = T2.house_id JOIN Composition AS T3 ON T2.fragrance_id = T3.fragrance_id JOIN Material AS T4 ON T3.material_id = T4.material_id WHERE T4.origin = 'Italy' GROUP BY T1.house_id	perfume_house
SELECT T1.name, count(DISTINCT T4.material_id) FROM House AS T1 JOIN Fragrance AS T2 ON T1.house_id = T2.house_id JOIN Composition AS T3 ON T2.fragrance_id = T3.fragrance_id JOIN Material AS T4 ON T3.material_id = T4.material_id WHERE T4.origin = 'Italy' GROUP BY T1.house_id	perfume_house
SELECT T1.name FROM Material AS T1 JOIN Composition AS T2 ON T1.material_id = T2.material_id WHERE T2.role = 'heart' INTERSECT SELECT T3.name FROM Material AS T3 JOIN Composition AS T4 ON T3.material_id = T4.material_id WHERE T4.role = 'base'	perfume_house
SELECT T1.name FROM House AS T1 JOIN Fragrance AS T2 ON T1.house_id = T2.house_id WHERE T2.concentration = 'Extrait' EXCEPT SELECT T3.name FROM House AS T3 JOIN Fragrance AS T4 ON T3.house_id = T4.house_id WHERE T4.status = 'discontinued'	perfume_house
SELECT T1.name FROM Fragrance AS T1 JOIN House AS T2 ON T1.house_id = T2.house_id WHERE T2.country = 'Oman' UNION SELECT T3.name FROM Fragrance AS T3 JOIN Composition AS T4 ON T3.fragrance_id = T4.fragrance_id JOIN Material AS T5 ON T4.material_id = T5.material_id WHERE T5.name = 'Oud'	perfume_house
SELECT T2.name, avg(T1.stars) FROM Review AS T1 JOIN Fragrance AS T2 ON T1.fragrance_id = T2.fragrance_id GROUP BY T2.fragrance_id HAVING count(*) >= 5 ORDER BY avg(T1.stars) DESC LIMIT 3	perfume_house
SELECT T2.name, avg(T1.stars) FROM Review AS T1 JOIN Fragrance AS T2 ON T1.fragrance_id = T2.fragrance_id GROUP BY T2.fragrance_id HAVING count(*) >= 5 ORDER BY avg(T1.stars) DESC LIMIT 3	perfume_house
SELECT name FROM Material WHERE is_natural = 0 AND price_eur_kg > (SELECT min(price_eur_kg) FROM Material WHERE is_natural = 1)	perfume_house
SELECT name FROM lift WHERE wind_limit_kmh <= 50	ski_area
SELECT name FROM lift WHERE wind_limit_kmh <= 50	ski_area
SELECT count(*) FROM incident WHERE transport = 'helicopter'	ski_area
SELECT count(*) FROM incident WHERE transport = 'helicopter'	ski_area
SELECT max(length_m) FROM piste WHERE has_snowmaking = 0	ski_area
SELECT max(length_m) FROM piste WHERE has_snowmaking = 0	ski_area
SELECT top_altitude_m - bottom_altitude_m FROM lift WHERE lift_code = 'TO-1'	ski_area
SELECT top_altitude_m - bottom_altitude_m FROM lift WHERE lift_code = 'TO-1'	ski_area
SELECT DISTINCT T2.name FROM incident AS T1 JOIN patroller AS T2 ON T1.signed_by_id = T2.patroller_id	ski_area
SELECT name FROM ticket_type ORDER BY price_eur	ski_area
SELECT sale_date FROM daily_sale GROUP BY sale_date HAVING sum(online_qty) > 600	ski_area
SELECT radio_channel FROM patroller WHERE badge_no = '0047'	ski_area
SELECT T1.incident_no, T1.incident_date FROM incident AS T1 JOIN piste AS T2 ON T1.piste_code = T2.piste_code WHERE T2.colour = 'black'	ski_area
SELECT T1.incident_no, T1.incident_date FROM incident AS T1 JOIN piste AS T2 ON T1.piste_code = T2.piste_code WHERE T2.colour = 'black'	ski_area
SELECT cause FROM incident GROUP BY cause ORDER BY count(*) DESC	ski_area
SELECT cause FROM incident GROUP BY cause ORDER BY count(*) DESC	ski_area
SELECT T1.name FROM lift AS T1 JOIN piste_lift AS T2 ON T1.lift_code = T2.lift_code GROUP BY T1.lift_code HAVING count(*) >= 5	ski_area
SELECT T1.name FROM lift AS T1 JOIN piste_lift AS T2 ON T1.lift_code = T2.lift_code GROUP BY T1.lift_code HAVING count(*) >= 5	ski_area
SELECT T1.name, T2.name FROM patroller AS T1 JOIN patroller AS T2 ON T1.team_leader_id = T2.patroller_id WHERE T1.certificate = 'aspirant'	ski_area
SELECT T1.name, T2.name FROM patroller AS T1 JOIN patroller AS T2 ON T1.team_leader_id = T2.patroller_id WHERE T1.certificate = 'aspirant'	ski_area
SELECT T1.name FROM lift AS T1 JOIN lift AS T2 ON T1.feeder_code = T2.lift_code WHERE T2.name = 'Grand Bois'	ski_area
SELECT name FROM lift ORDER BY capacity_per_hour DESC LIMIT 3	ski_area
SELECT name FROM lift ORDER BY capacity_per_hour DESC LIMIT 3	ski_area
SELECT kind, min(built_year), max(built_year) FROM lift GROUP BY kind	ski_area
SELECT count(*) FROM incident WHERE helmet_worn = 0 AND incident_date LIKE '2024-02-%'	ski_area
SELECT T1.name, T1.steepest_pitch FROM piste AS T1 JOIN piste_lift AS T2 ON T1.piste_code = T2.piste_code WHERE T2.lift_code = 'VE-1'	ski_area
SELECT T1.name, T1.steepest_pitch FROM piste AS T1 JOIN piste_lift AS T2 ON T1.piste_code = T2.piste_code WHERE T2.lift_code = 'VE-1'	ski_area
SELECT count(DISTINCT T1.victim_country) FROM incident AS T1 JOIN piste AS T2 ON T1.piste_code = T2.piste_code WHERE T2.sector = 'Combe Noire'	ski_area
SELECT T2.name, T1.office_qty + T1.online_qty FROM daily_sale AS T1 JOIN ticket_type AS T2 ON T1.ticket_code = T2.ticket_code WHERE T1.sale_date = '2024-02-17'	ski_area
SELECT sale_date, sum(revenue_eur) FROM daily_sale GROUP BY sale_date ORDER BY sale_date	ski_area
SELECT T2.sector, count(*) FROM incident AS T1 JOIN piste AS T2 ON T1.piste_code = T2.piste_code GROUP BY T2.sector	ski_area
SELECT name, hired_date FROM patroller WHERE hired_date BETWEEN '2015-01-01' AND '2018-12-31' ORDER BY hired_date	ski_area
SELECT name FROM piste WHERE piste_code NOT IN (SELECT piste_code FROM incident)	ski_area
SELECT name FROM piste WHERE piste_code NOT IN (SELECT piste_code FROM incident)	ski_area
SELECT name FROM piste WHERE length_m > (SELECT max(length_m) FROM piste WHERE colour = 'red')	ski_area
SELECT name FROM piste WHERE length_m > (SELECT max(length_m) FROM piste WHERE colour = 'red')	ski_area
SELECT sector FROM piste EXCEPT SELECT sector FROM piste WHERE grooming = 'never'	ski_area
SELECT DISTINCT T1.name FROM lift AS T1 JOIN piste_lift AS T2 ON T1.lift_code = T2.lift_code JOIN piste AS T3 ON T2.piste_code = T3.piste_code WHERE T3.colour = 'black'	ski_area
SELECT DISTINCT T1.name FROM lift AS T1 JOIN piste_lift AS T2 ON T1.lift_code = T2.lift_code JOIN piste AS T3 ON T2.piste_code = T3.piste_code WHERE T3.colour = 'black'	ski_area
SELECT name FROM ticket_type WHERE ticket_code IN (SELECT ticket_code FROM daily_sale WHERE online_qty > 100)	ski_area
SELECT T2.name, count(*) FROM incident AS T1 JOIN patroller AS T2 ON T1.first_responder_id = T2.patroller_id GROUP BY T2.patroller_id ORDER BY count(*) DESC LIMIT 3	ski_area
SELECT T2.name, count(*) FROM incident AS T1 JOIN patroller AS T2 ON T1.first_responder_id = T2.patroller_id GROUP BY T2.patroller_id ORDER BY count(*) DESC LIMIT 3	ski_area
SELECT DISTINCT T1.name FROM patroller AS T1 JOIN incident AS T2 ON T1.patroller_id = T2.first_responder_id JOIN piste_lift AS T3 ON T2.piste_code = T3.piste_code JOIN lift AS T4 ON T3.lift_code = T4.lift_code WHERE T4.kind = 'cable car' ORDER BY T1.name	ski_area
SELECT DISTINCT T1.name FROM patroller AS T1 JOIN incident AS T2 ON T1.patroller_id = T2.first_responder_id JOIN piste_lift AS T3 ON T2.piste_code = T3.piste_code JOIN lift AS T4 ON T3.lift_code = T4.lift_code WHERE T4.kind = 'cable car' ORDER BY T1.name	ski_area
SELECT T1.name FROM piste AS T1 JOIN incident AS T2 ON T1.piste_code = T2.piste_code WHERE T2.cause = 'collision' INTERSECT SELECT T3.name FROM piste AS T3 JOIN incident AS T4 ON T3.piste_code = T4.piste_code WHERE T4.cause = 'obstacle'	ski_area
SELECT T1.name FROM patroller AS T1 JOIN incident AS T2 ON T1.patroller_id = T2.first_responder_id JOIN piste AS T3 ON T2.piste_code = T3.piste_code WHERE T3.name = 'Lac Gelé' UNION SELECT T4.name FROM patroller AS T4 JOIN incident AS T5 ON T4.patroller_id = T5.signed_by_id JOIN piste AS T6 ON T5.piste_code = T6.piste_code WHERE T6.name = 'Lac Gelé'	ski_area
SELECT T2.sector, avg(T1.response_min) FROM incident AS T1 JOIN piste AS T2 ON T1.piste_code = T2.piste_code GROUP BY T2.sector ORDER BY avg(T1.response_min) DESC LIMIT 2	ski_area
SELECT T2.sector, avg(T1.response_min) FROM incident AS T1 JOIN piste AS T2 ON T1.piste_code = T2.piste_code GROUP BY T2.sector ORDER BY avg(T1.response_min) DESC LIMIT 2	ski_area
SELECT name FROM estates WHERE altitude_m > 2200	tea_auction
SELECT name FROM estates WHERE altitude_m > 2200	tea_auction
SELECT DISTINCT country FROM buyers	tea_auction
SELECT DISTINCT country FROM buyers	tea_auction
SELECT max(price_per_kilo_cents) FROM bids	tea_auction
SELECT max(price_per_kilo_cents) FROM bids	tea_auction
SELECT full_name FROM grades WHERE grade_code = 'BOPF'	tea_auction
SELECT full_name FROM grades WHERE grade_code = 'BOPF'	tea_auction
SELECT name FROM estates WHERE is_organic = 1	tea_auction
SELECT avg(kilos) FROM lots WHERE sale_no = '07'	tea_auction
SELECT grade_code FROM grades ORDER BY leaf_mm DESC	tea_auction
SELECT city FROM buyers GROUP BY city HAVING count(*) > 1	tea_auction
SELECT region, count(*) FROM estates GROUP BY region	tea_auction
SELECT region, count(*) FROM estates GROUP BY region	tea_auction
SELECT name, altitude_m FROM estates ORDER BY altitude_m ASC LIMIT 3	tea_auction
SELECT name, altitude_m FROM estates ORDER BY altitude_m ASC LIMIT 3	tea_auction
SELECT T1.owner FROM estates AS T1 JOIN lots AS T2 ON T1.estate_id = T2.estate_id WHERE T2.lot_code = 'MB07-023'	tea_auction
SELECT T1.owner FROM estates AS T1 JOIN lots AS T2 ON T1.estate_id = T2.estate_id WHERE T2.lot_code = 'MB07-023'	tea_auction
SELECT licence_no FROM buyers WHERE name LIKE '%Hara%'	tea_auction
SELECT T1.name, T2.name FROM estates AS T1 JOIN estates AS T2 ON T1.parent_estate_id = T2.estate_id	tea_auction
SELECT T1.name, T2.name FROM estates AS T1 JOIN estates AS T2 ON T1.parent_estate_id = T2.estate_id	tea_auction
SELECT lot_code, kilos / chests FROM lots WHERE sale_date = '2023-03-14'	tea_auction
SELECT name, commission FROM brokers WHERE founded_year BETWEEN 1950 AND 1989 ORDER BY founded_year ASC	tea_auction
SELECT count(DISTINCT T2.country) FROM bids AS T1 JOIN buyers AS T2 ON T1.buyer_id = T2.buyer_id WHERE T1.won = 1	tea_auction
SELECT count(DISTINCT T2.country) FROM bids AS T1 JOIN buyers AS T2 ON T1.buyer_id = T2.buyer_id WHERE T1.won = 1	tea_auction
SELECT avg(T1.price_per_kilo_cents) FROM bids AS T1 JOIN lots AS T2 ON T1.lot_id = T2.lot_id WHERE T1.won = 1 AND T2.grade_code = 'PF1'	tea_auction
SELECT kind, max(credit_limit_usd), min(credit_limit_usd) FROM buyers GROUP BY kind	tea_auction
SELECT T1.name FROM buyers AS T1 JOIN bids AS T2 ON T1.buyer_id = T2.buyer_id GROUP BY T1.buyer_id HAVING count(*) > 20	tea_auction
SELECT T1.name FROM buyers AS T1 JOIN bids AS T2 ON T1.buyer_id = T2.buyer_id GROUP BY T1.buyer_id HAVING count(*) > 20	tea_auction
SELECT owner, count(*) FROM estates GROUP BY owner HAVING count(*) >= 3	tea_auction
SELECT T1.lot_code FROM lots AS T1 JOIN grades AS T2 ON T1.grade_code = T2.grade_code WHERE T2.method = 'orthodox' AND T1.status = 'unsold'	tea_auction
SELECT sale_date FROM lots GROUP BY sale_date ORDER BY sum(kilos) DESC	tea_auction
SELECT name FROM buyers WHERE buyer_id NOT IN (SELECT buyer_id FROM bids WHERE won = 1)	tea_auction
SELECT name FROM buyers WHERE buyer_id NOT IN (SELECT buyer_id FROM bids WHERE won = 1)	tea_auction
SELECT count(*) FROM lots WHERE reserve_price_cents > (SELECT avg(reserve_price_cents) FROM lots)	tea_auction
SELECT count(*) FROM lots WHERE reserve_price_cents > (SELECT avg(reserve_price_cents) FROM lots)	tea_auction
SELECT DISTINCT T1.name FROM brokers AS T1 JOIN lots AS T2 ON T1.broker_id = T2.broker_id WHERE T2.sale_date LIKE '2023-02-%'	tea_auction
SELECT DISTINCT T1.name FROM brokers AS T1 JOIN lots AS T2 ON T1.broker_id = T2.broker_id WHERE T2.sale_date LIKE '2023-02-%'	tea_auction
SELECT name FROM brokers WHERE city = 'Nairobi' UNION SELECT name FROM buyers WHERE city = 'Nairobi'	tea_auction
SELECT name FROM estates WHERE country = 'Rwanda' ORDER BY planted_year DESC LIMIT 1	tea_auction
SELECT DISTINCT T1.name FROM buyers AS T1 JOIN bids AS T2 ON T1.buyer_id = T2.buyer_id JOIN lots AS T3 ON T2.lot_id = T3.lot_id JOIN estates AS T4 ON T3.estate_id = T4.estate_id WHERE T2.won = 1 AND T4.country = 'Rwanda'	tea_auction
SELECT DISTINCT T1.name FROM buyers AS T1 JOIN bids AS T2 ON T1.buyer_id = T2.buyer_id JOIN lots AS T3 ON T2.lot_id = T3.lot_id JOIN estates AS T4 ON T3.estate_id = T4.estate_id WHERE T2.won = 1 AND T4.country = 'Rwanda'	tea_auction
SELECT T1.name, sum(T3.kilos) FROM buyers AS T1 JOIN bids AS T2 ON T1.buyer_id = T2.buyer_id JOIN lots AS T3 ON T2.lot_id = T3.lot_id WHERE T2.won = 1 GROUP BY T1.buyer_id ORDER BY sum(T3.kilos) DESC LIMIT 3	tea_auction
SELECT T1.name, sum(T3.kilos) FROM buyers AS T1 JOIN bids AS T2 ON T1.buyer_id = T2.buyer_id JOIN lots AS T3 ON T2.lot_id = T3.lot_id WHERE T2.won = 1 GROUP BY T1.buyer_id ORDER BY sum(T3.kilos) DESC LIMIT 3	tea_auction
SELECT T1.name FROM estates AS T1 JOIN lots AS T2 ON T1.estate_id = T2.estate_id WHERE T2.grade_code = 'PF1' EXCEPT SELECT T3.name FROM estates AS T3 JOIN lots AS T4 ON T3.estate_id = T4.estate_id WHERE T4.grade_code = 'BP1'	tea_auction
SELECT T1.name FROM estates AS T1 JOIN lots AS T2 ON T1.estate_id = T2.estate_id WHERE T2.grade_code = 'PF1' EXCEPT SELECT T3.name FROM estates AS T3 JOIN lots AS T4 ON T3.estate_id = T4.estate_id WHERE T4.grade_code = 'BP1'	tea_auction
SELECT T1.grade_code FROM lots AS T1 JOIN bids AS T2 ON T1.lot_id = T2.lot_id JOIN buyers AS T3 ON T2.buyer_id = T3.buyer_id WHERE T2.won = 1 AND T3.country = 'Egypt' INTERSECT SELECT T4.grade_code FROM lots AS T4 JOIN bids AS T5 ON T4.lot_id = T5.lot_id JOIN buyers AS T6 ON T5.buyer_id = T6.buyer_id WHERE T5.won = 1 AND T6.country = 'Kenya'	tea_auction
SELECT lot_code, status FROM lots WHERE lot_id IN (SELECT T1.lot_id FROM bids AS T1 JOIN buyers AS T2 ON T1.buyer_id = T2.buyer_id WHERE T2.country = 'Sudan')	tea_auction
SELECT name FROM Runners WHERE nationality = 'POL'	trail_races
SELECT name FROM Runners WHERE nationality = 'POL'	trail_races
SELECT nationality FROM Runners GROUP BY nationality HAVING count(*) > 8	trail_races
SELECT min(start_time) FROM Races WHERE course = 'marathon'	trail_races
SELECT min(start_time) FROM Races WHERE course = 'marathon'	trail_races
SELECT sum(helpers) FROM AidStations WHERE has_medics = 1	trail_races
SELECT sum(helpers) FROM AidStations WHERE has_medics = 1	trail_races
SELECT colours FROM Clubs WHERE name = 'Górskie Wilki'	trail_races
SELECT race_code FROM Races WHERE time_limit = '9 h'	trail_races
SELECT race_code FROM Races WHERE time_limit = '9 h'	trail_races
SELECT name FROM Clubs ORDER BY founded_year	trail_races
SELECT late_fee_cents - entry_fee_cents FROM Races WHERE race_code = 'GDR-24-U'	trail_races
SELECT name, place FROM Events WHERE first_year BETWEEN 1980 AND 1999 ORDER BY first_year	trail_races
SELECT country FROM Clubs GROUP BY country ORDER BY sum(members) DESC	trail_races
SELECT T2.name FROM Events AS T1 JOIN Clubs AS T2 ON T1.organiser_club_id = T2.club_id WHERE T1.month = 'August'	trail_races
SELECT T2.name FROM Events AS T1 JOIN Clubs AS T2 ON T1.organiser_club_id = T2.club_id WHERE T1.month = 'August'	trail_races
SELECT T1.name, T2.name FROM Runners AS T1 JOIN Runners AS T2 ON T1.coach_id = T2.runner_id WHERE T1.birth_year < T2.birth_year	trail_races
SELECT T1.name, T2.name FROM Runners AS T1 JOIN Runners AS T2 ON T1.coach_id = T2.runner_id WHERE T1.birth_year < T2.birth_year	trail_races
SELECT count(*) FROM AidStations WHERE drinks LIKE '%cola%'	trail_races
SELECT count(*) FROM AidStations WHERE drinks LIKE '%cola%'	trail_races
SELECT T1.race_code FROM Races AS T1 JOIN AidStations AS T2 ON T1.race_id = T2.race_id GROUP BY T1.race_id HAVING sum(T2.helpers) > 40	trail_races
SELECT T1.race_code FROM Races AS T1 JOIN AidStations AS T2 ON T1.race_id = T2.race_id GROUP BY T1.race_id HAVING sum(T2.helpers) > 40	trail_races
SELECT count(DISTINCT T1.runner_id) FROM Results AS T1 JOIN Races AS T2 ON T1.race_id = T2.race_id WHERE T2.weather = 'fog'	trail_races
SELECT count(DISTINCT T1.runner_id) FROM Results AS T1 JOIN Races AS T2 ON T1.race_id = T2.race_id WHERE T2.weather = 'fog'	trail_races
SELECT course, count(*), avg(distance_m) FROM Races GROUP BY course	trail_races
SELECT name FROM Clubs ORDER BY members DESC LIMIT 3	trail_races
SELECT name FROM Clubs ORDER BY members DESC LIMIT 3	trail_races
SELECT DISTINCT T2.name FROM Results AS T1 JOIN Runners AS T2 ON T1.runner_id = T2.runner_id WHERE T1.status = 'dsq'	trail_races
SELECT DISTINCT T2.name FROM Results AS T1 JOIN Runners AS T2 ON T1.runner_id = T2.runner_id WHERE T1.status = 'dsq'	trail_races
SELECT T1.name, max(T2.race_date) FROM Events AS T1 JOIN Races AS T2 ON T1.event_id = T2.event_id GROUP BY T1.event_id	trail_races
SELECT T2.country, count(*) FROM Races AS T1 JOIN Events AS T2 ON T1.event_id = T2.event_id GROUP BY T2.country	trail_races
SELECT avg(T1.finish_seconds) FROM Results AS T1 JOIN Races AS T2 ON T1.race_id = T2.race_id WHERE T2.race_code = 'TCR-23-M'	trail_races
SELECT name FROM Clubs WHERE club_id NOT IN (SELECT organiser_club_id FROM Events)	trail_races
SELECT name FROM Clubs WHERE club_id NOT IN (SELECT organiser_club_id FROM Events)	trail_races
SELECT race_code FROM Races WHERE ascent_m > (SELECT max(T1.ascent_m) FROM Races AS T1 JOIN Events AS T2 ON T1.event_id = T2.event_id WHERE T2.country = 'Slovenia')	trail_races
SELECT T1.name, T1.mark_m FROM AidStations AS T1 JOIN Races AS T2 ON T1.race_id = T2.race_id WHERE T2.race_code = 'CDI-24-U' ORDER BY T1.mark_m	trail_races
SELECT T1.name, count(*) FROM Runners AS T1 JOIN Results AS T2 ON T1.runner_id = T2.runner_id WHERE T2.status = 'dnf' GROUP BY T1.runner_id HAVING count(*) >= 3	trail_races
SELECT T1.bib_number, T1.finish_seconds FROM Results AS T1 JOIN Races AS T2 ON T1.race_id = T2.race_id JOIN Runners AS T3 ON T1.runner_id = T3.runner_id WHERE T3.name = 'Zoë Lacombière' AND T2.race_code = 'NDC-24-S'	trail_races
SELECT T1.bib_number, T1.finish_seconds FROM Results AS T1 JOIN Races AS T2 ON T1.race_id = T2.race_id JOIN Runners AS T3 ON T1.runner_id = T3.runner_id WHERE T3.name = 'Zoë Lacombière' AND T2.race_code = 'NDC-24-S'	trail_races
SELECT country FROM Clubs EXCEPT SELECT country FROM Events	trail_races
SELECT T4.name, T2.race_date FROM Events AS T1 JOIN Races AS T2 ON T1.event_id = T2.event_id JOIN Results AS T3 ON T2.race_id = T3.race_id JOIN Runners AS T4 ON T3.runner_id = T4.runner_id WHERE T1.name = 'Three Cairns Run' AND T2.course = 'half' AND T3.place = 1 ORDER BY T2.race_date	trail_races
SELECT T4.name, T2.race_date FROM Events AS T1 JOIN Races AS T2 ON T1.event_id = T2.event_id JOIN Results AS T3 ON T2.race_id = T3.race_id JOIN Runners AS T4 ON T3.runner_id = T4.runner_id WHERE T1.name = 'Three Cairns Run' AND T2.course = 'half' AND T3.place = 1 ORDER BY T2.race_date	trail_races
SELECT T1.name FROM Runners AS T1 JOIN Results AS T2 ON T1.runner_id = T2.runner_id WHERE T2.place = 1 INTERSECT SELECT T3.name FROM Runners AS T3 JOIN Results AS T4 ON T3.runner_id = T4.runner_id WHERE T4.status = 'dnf'	trail_races
SELECT T1.name FROM Runners AS T1 JOIN Results AS T2 ON T1.runner_id = T2.runner_id WHERE T2.place = 1 INTERSECT SELECT T3.name FROM Runners AS T3 JOIN Results AS T4 ON T3.runner_id = T4.runner_id WHERE T4.status = 'dnf'	trail_races
SELECT T1.name FROM Clubs AS T1 JOIN Events AS T2 ON T1.club_id = T2.organiser_club_id WHERE T2.country = 'Austria' UNION SELECT T3.name FROM Clubs AS T3 JOIN Events AS T4 ON T3.club_id = T4.partner_club_id WHERE T4.country = 'Austria'	trail_races
SELECT T1.name, count(*) FROM Clubs AS T1 JOIN Runners AS T2 ON T1.club_id = T2.club_id JOIN Results AS T3 ON T2.runner_id = T3.runner_id WHERE T3.place <= 3 GROUP BY T1.club_id ORDER BY count(*) DESC LIMIT 3	trail_races
SELECT T1.name, count(*) FROM Clubs AS T1 JOIN Runners AS T2 ON T1.club_id = T2.club_id JOIN Results AS T3 ON T2.runner_id = T3.runner_id WHERE T3.place <= 3 GROUP BY T1.club_id ORDER BY count(*) DESC LIMIT 3	trail_races
SELECT name, birth_year FROM Runners WHERE gender = 'M' AND runner_id IN (SELECT coach_id FROM Runners) ORDER BY birth_year DESC LIMIT 1	trail_races
SELECT Country FROM Client GROUP BY Country HAVING count(*) >= 3	translation_bureau
SELECT Job_Number FROM Job WHERE Delivered_Date > Due_Date	translation_bureau
SELECT Job_Number FROM Job WHERE Delivered_Date > Due_Date	translation_bureau
SELECT avg(Rate_Per_Word_Cents) FROM Translator WHERE Mother_Tongue = 'German'	translation_bureau
SELECT avg(Rate_Per_Word_Cents) FROM Translator WHERE Mother_Tongue = 'German'	translation_bureau
SELECT Client_Name FROM Client ORDER BY Customer_Number	translation_bureau
SELECT Source_Term FROM Term WHERE Source_Term = Target_Term	translation_bureau
SELECT count(DISTINCT City) FROM Translator	translation_bureau
SELECT count(DISTINCT City) FROM Translator	translation_bureau
SELECT Client_Name FROM Client WHERE Payment_Terms = '60 days'	translation_bureau
SELECT Client_Name FROM Client WHERE Payment_Terms = '60 days'	translation_bureau
SELECT Title FROM Job WHERE Due_Date BETWEEN '2024-06-17' AND '2024-06-21'	translation_bureau
SELECT Full_Name FROM Translator ORDER BY Start_Date LIMIT 1	translation_bureau
SELECT T1.Title FROM Job AS T1 JOIN Client AS T2 ON T1.Client_ID = T2.Client_ID WHERE T2.Country = 'Switzerland'	translation_bureau
SELECT T1.Title FROM Job AS T1 JOIN Client AS T2 ON T1.Client_ID = T2.Client_ID WHERE T2.Country = 'Switzerland'	translation_bureau
SELECT T1.Full_Name, T2.Full_Name FROM Translator AS T1 JOIN Translator AS T2 ON T1.Mentor_ID = T2.Translator_ID	translation_bureau
SELECT T1.Full_Name, T2.Full_Name FROM Translator AS T1 JOIN Translator AS T2 ON T1.Mentor_ID = T2.Translator_ID	translation_bureau
SELECT DISTINCT T2.Full_Name FROM Translator_Pair AS T1 JOIN Translator AS T2 ON T1.Translator_ID = T2.Translator_ID WHERE T1.Certification = 'Sworn'	translation_bureau
SELECT Full_Name, City FROM Translator WHERE In_House = 0 AND Rate_Per_Word_Cents < 11	translation_bureau
SELECT Full_Name, City FROM Translator WHERE In_House = 0 AND Rate_Per_Word_Cents < 11	translation_bureau
SELECT Mother_Tongue, min(Rate_Per_Word_Cents), max(Rate_Per_Word_Cents) FROM Translator GROUP BY Mother_Tongue	translation_bureau
SELECT Mother_Tongue, min(Rate_Per_Word_Cents), max(Rate_Per_Word_Cents) FROM Translator GROUP BY Mother_Tongue	translation_bureau
SELECT Job_Number FROM Job WHERE Title LIKE '%contract%'	translation_bureau
SELECT Job_Number, Word_Count - Repeated_Words FROM Job WHERE Status = 'in translation' ORDER BY Word_Count - Repeated_Words DESC	translation_bureau
SELECT Job_Number, Word_Count - Repeated_Words FROM Job WHERE Status = 'in translation' ORDER BY Word_Count - Repeated_Words DESC	translation_bureau
SELECT T2.Client_Name, count(*) FROM Term AS T1 JOIN Client AS T2 ON T1.Client_ID = T2.Client_ID GROUP BY T2.Client_ID	translation_bureau
SELECT T2.Client_Name, count(*) FROM Term AS T1 JOIN Client AS T2 ON T1.Client_ID = T2.Client_ID GROUP BY T2.Client_ID	translation_bureau
SELECT T2.Full_Name FROM Job AS T1 JOIN Translator AS T2 ON T1.Translator_ID = T2.Translator_ID GROUP BY T2.Translator_ID HAVING count(*) >= 8	translation_bureau
SELECT Source_Term, Target_Term FROM Term WHERE Approved = 0 AND Added_Date >= '2024-05-01'	translation_bureau
SELECT T2.Sector, avg(T1.Word_Count) FROM Job AS T1 JOIN Client AS T2 ON T1.Client_ID = T2.Client_ID GROUP BY T2.Sector	translation_bureau
SELECT T2.Sector, avg(T1.Word_Count) FROM Job AS T1 JOIN Client AS T2 ON T1.Client_ID = T2.Client_ID GROUP BY T2.Sector	translation_bureau
SELECT Source_Term FROM Term GROUP BY Source_Term, Pair_ID HAVING count(*) > 1	translation_bureau
SELECT Client_Name FROM Client WHERE Client_ID NOT IN (SELECT Client_ID FROM Term)	translation_bureau
SELECT Client_Name FROM Client WHERE Client_ID NOT IN (SELECT Client_ID FROM Term)	translation_bureau
SELECT T3.Full_Name FROM Language_Pair AS T1 JOIN Translator_Pair AS T2 ON T1.Pair_ID = T2.Pair_ID JOIN Translator AS T3 ON T2.Translator_ID = T3.Translator_ID WHERE T1.Pair_Code = 'FR-DE'	translation_bureau
SELECT T3.Full_Name FROM Language_Pair AS T1 JOIN Translator_Pair AS T2 ON T1.Pair_ID = T2.Pair_ID JOIN Translator AS T3 ON T2.Translator_ID = T3.Translator_ID WHERE T1.Pair_Code = 'FR-DE'	translation_bureau
SELECT City FROM Translator INTERSECT SELECT City FROM Client	translation_bureau
SELECT T1.Job_Number, T2.Full_Name, T3.Full_Name FROM Job AS T1 JOIN Translator AS T2 ON T1.Translator_ID = T2.Translator_ID JOIN Translator AS T3 ON T1.Proofreader_ID = T3.Translator_ID WHERE T1.Status = 'in proofreading'	translation_bureau
SELECT T1.Job_Number, T2.Full_Name, T3.Full_Name FROM Job AS T1 JOIN Translator AS T2 ON T1.Translator_ID = T2.Translator_ID JOIN Translator AS T3 ON T1.Proofreader_ID = T3.Translator_ID WHERE T1.Status = 'in proofreading'	translation_bureau
SELECT City FROM Translator GROUP BY City ORDER BY count(*) DESC LIMIT 1	translation_bureau
SELECT Client_Name, Country FROM Client WHERE Client_ID IN (SELECT Client_ID FROM Job WHERE Status = 'cancelled')	translation_bureau
SELECT Job_Number, Price_Euros FROM Job WHERE Rush = 1 AND Price_Euros > (SELECT avg(Price_Euros) FROM Job) ORDER BY Price_Euros DESC	translation_bureau
SELECT Job_Number, Price_Euros FROM Job WHERE Rush = 1 AND Price_Euros > (SELECT avg(Price_Euros) FROM Job) ORDER BY Price_Euros DESC	translation_bureau
SELECT T2.Full_Name FROM Translator_Pair AS T1 JOIN Translator AS T2 ON T1.Translator_ID = T2.Translator_ID WHERE T1.Certification = 'Sworn' EXCEPT SELECT T4.Full_Name FROM Job AS T3 JOIN Translator AS T4 ON T3.Translator_ID = T4.Translator_ID WHERE T3.Received_Date >= '2024-01-01'	translation_bureau
SELECT T3.Full_Name FROM Client AS T1 JOIN Job AS T2 ON T1.Client_ID = T2.Client_ID JOIN Translator AS T3 ON T2.Translator_ID = T3.Translator_ID WHERE T1.Client_Name = 'Żagiel Yachts' UNION SELECT T6.Full_Name FROM Client AS T4 JOIN Job AS T5 ON T4.Client_ID = T5.Client_ID JOIN Translator AS T6 ON T5.Proofreader_ID = T6.Translator_ID WHERE T4.Client_Name = 'Żagiel Yachts'	translation_bureau
SELECT DISTINCT T4.Client_Name FROM Translator AS T1 JOIN Job AS T2 ON T1.Translator_ID = T2.Translator_ID JOIN Language_Pair AS T3 ON T2.Pair_ID = T3.Pair_ID JOIN Client AS T4 ON T2.Client_ID = T4.Client_ID WHERE T1.Full_Name = 'Annegret Wolters' AND T3.Source_Language = 'English'	translation_bureau
SELECT T2.Client_Name FROM Job AS T1 JOIN Client AS T2 ON T1.Client_ID = T2.Client_ID WHERE T1.Status = 'delivered' GROUP BY T2.Client_ID ORDER BY sum(T1.Price_Euros) DESC LIMIT 3	translation_bureau
SELECT T2.Client_Name FROM Job AS T1 JOIN Client AS T2 ON T1.Client_ID = T2.Client_ID WHERE T1.Status = 'delivered' GROUP BY T2.Client_ID ORDER BY sum(T1.Price_Euros) DESC LIMIT 3	translation_bureau

SELECT Hive_Code FROM Hive WHERE Temperament = 'defensive'	bee_yards
SELECT Hive_Code FROM Hive WHERE Temperament = 'defensive'	bee_yards
SELECT DISTINCT Main_Forage FROM Apiary WHERE Altitude_M > 250	bee_yards
SELECT Title FROM Course ORDER BY Start_Date	bee_yards
SELECT max(Weight_Kg) FROM Harvest WHERE Variety = 'Heather'	bee_yards
SELECT max(Weight_Kg) FROM Harvest WHERE Variety = 'Heather'	bee_yards
SELECT Phone FROM Beekeeper WHERE Full_Name = 'Zoë Penhaligon'	bee_yards
SELECT count(*) FROM Harvest WHERE Jar_Size = '227 g'	bee_yards
SELECT count(*) FROM Harvest WHERE Jar_Size = '227 g'	bee_yards
SELECT Hive_Code FROM Hive WHERE Queen_Year < 2022	bee_yards
SELECT Guest_Fee - Member_Fee FROM Course WHERE Title = 'Queen Rearing'	bee_yards
SELECT Guest_Fee - Member_Fee FROM Course WHERE Title = 'Queen Rearing'	bee_yards
SELECT Membership_Status, count(*) FROM Beekeeper GROUP BY Membership_Status	bee_yards
SELECT Apiary_Name FROM Apiary ORDER BY Altitude_M DESC LIMIT 3	bee_yards
SELECT Apiary_Name FROM Apiary ORDER BY Altitude_M DESC LIMIT 3	bee_yards
SELECT T1.Hive_Code, T1.Hive_Type FROM Hive AS T1 JOIN Apiary AS T2 ON T1.Apiary_ID = T2.Apiary_ID WHERE T2.Main_Forage = 'Lime'	bee_yards
SELECT T1.Hive_Code, T1.Hive_Type FROM Hive AS T1 JOIN Apiary AS T2 ON T1.Apiary_ID = T2.Apiary_ID WHERE T2.Main_Forage = 'Lime'	bee_yards
SELECT T1.Full_Name, T2.Full_Name FROM Beekeeper AS T1 JOIN Beekeeper AS T2 ON T1.Mentor_ID = T2.Beekeeper_ID WHERE T1.Membership_Status = 'Trial'	bee_yards
SELECT T1.Full_Name, T2.Full_Name FROM Beekeeper AS T1 JOIN Beekeeper AS T2 ON T1.Mentor_ID = T2.Beekeeper_ID WHERE T1.Membership_Status = 'Trial'	bee_yards
SELECT T1.Title, T2.Full_Name FROM Course AS T1 JOIN Beekeeper AS T2 ON T1.Trainer_ID = T2.Beekeeper_ID WHERE T1.Course_Level = 'Advanced'	bee_yards
SELECT Variety, sum(Weight_Kg) FROM Harvest GROUP BY Variety	bee_yards
SELECT Variety, sum(Weight_Kg) FROM Harvest GROUP BY Variety	bee_yards
SELECT avg(Moisture_Percent), max(Moisture_Percent) FROM Harvest WHERE Variety = 'Lime'	bee_yards
SELECT Full_Name, Joined_Date FROM Beekeeper WHERE Is_Committee = 1 ORDER BY Joined_Date	bee_yards
SELECT Full_Name, Joined_Date FROM Beekeeper WHERE Is_Committee = 1 ORDER BY Joined_Date	bee_yards
SELECT Title, Village FROM Course WHERE Start_Date LIKE '2023-05-%'	bee_yards
SELECT T1.Apiary_Name FROM Apiary AS T1 JOIN Hive AS T2 ON T1.Apiary_ID = T2.Apiary_ID GROUP BY T1.Apiary_ID HAVING count(*) >= 5	bee_yards
SELECT T1.Apiary_Name FROM Apiary AS T1 JOIN Hive AS T2 ON T1.Apiary_ID = T2.Apiary_ID GROUP BY T1.Apiary_ID HAVING count(*) >= 5	bee_yards
SELECT T1.Full_Name, count(*) FROM Beekeeper AS T1 JOIN Course_Attendance AS T2 ON T1.Beekeeper_ID = T2.Beekeeper_ID GROUP BY T1.Beekeeper_ID HAVING count(*) > 5	bee_yards
SELECT count(DISTINCT T1.Hive_Code) FROM Inspection AS T1 JOIN Beekeeper AS T2 ON T1.Inspector_ID = T2.Beekeeper_ID WHERE T2.Full_Name = 'Søren Dahl'	bee_yards
SELECT T1.Hive_Type, avg(T2.Brood_Frames) FROM Hive AS T1 JOIN Inspection AS T2 ON T1.Hive_Code = T2.Hive_Code GROUP BY T1.Hive_Type	bee_yards
SELECT Hive_Code FROM Inspection ORDER BY Mite_Count DESC LIMIT 1	bee_yards
SELECT count(*) FROM Inspection WHERE Queen_Seen = 0 AND Inspection_Date BETWEEN '2023-01-01' AND '2023-12-31'	bee_yards
SELECT count(*) FROM Inspection WHERE Queen_Seen = 0 AND Inspection_Date BETWEEN '2023-01-01' AND '2023-12-31'	bee_yards
SELECT Full_Name FROM Beekeeper WHERE Beekeeper_ID NOT IN (SELECT Owner_ID FROM Apiary)	bee_yards
SELECT Full_Name FROM Beekeeper WHERE Beekeeper_ID NOT IN (SELECT Owner_ID FROM Apiary)	bee_yards
SELECT Apiary_Name FROM Apiary WHERE Altitude_M > (SELECT avg(Altitude_M) FROM Apiary)	bee_yards
SELECT Apiary_Name FROM Apiary WHERE Altitude_M > (SELECT avg(Altitude_M) FROM Apiary)	bee_yards
SELECT T1.Title, T2.Result FROM Course AS T1 JOIN Course_Attendance AS T2 ON T1.Course_ID = T2.Course_ID JOIN Beekeeper AS T3 ON T2.Beekeeper_ID = T3.Beekeeper_ID WHERE T3.Full_Name = 'Łucja Mazur'	bee_yards
SELECT Hive_Code FROM Harvest GROUP BY Hive_Code ORDER BY sum(Weight_Kg) DESC LIMIT 4	bee_yards
SELECT Hive_Code FROM Harvest GROUP BY Hive_Code ORDER BY sum(Weight_Kg) DESC LIMIT 4	bee_yards
SELECT Village FROM Course INTERSECT SELECT Village FROM Apiary	bee_yards
SELECT Hive_Code FROM Hive WHERE Queen_Line = 'Carnica' EXCEPT SELECT Hive_Code FROM Harvest	bee_yards
SELECT T1.Full_Name, sum(T4.Weight_Kg) FROM Beekeeper AS T1 JOIN Apiary AS T2 ON T1.Beekeeper_ID = T2.Owner_ID JOIN Hive AS T3 ON T2.Apiary_ID = T3.Apiary_ID JOIN Harvest AS T4 ON T3.Hive_Code = T4.Hive_Code WHERE T4.Variety = 'Summer Flower' GROUP BY T1.Beekeeper_ID	bee_yards
SELECT T1.Full_Name, sum(T4.Weight_Kg) FROM Beekeeper AS T1 JOIN Apiary AS T2 ON T1.Beekeeper_ID = T2.Owner_ID JOIN Hive AS T3 ON T2.Apiary_ID = T3.Apiary_ID JOIN Harvest AS T4 ON T3.Hive_Code = T4.Hive_Code WHERE T4.Variety = 'Summer Flower' GROUP BY T1.Beekeeper_ID	bee_yards
SELECT T1.Apiary_Name FROM Apiary AS T1 JOIN Hive AS T2 ON T1.Apiary_ID = T2.Apiary_ID JOIN Inspection AS T3 ON T2.Hive_Code = T3.Hive_Code GROUP BY T1.Apiary_ID ORDER BY avg(T3.Mite_Count) DESC LIMIT 1	bee_yards
SELECT T1.Apiary_Name FROM Apiary AS T1 JOIN Hive AS T2 ON T1.Apiary_ID = T2.Apiary_ID JOIN Inspection AS T3 ON T2.Hive_Code = T3.Hive_Code GROUP BY T1.Apiary_ID ORDER BY avg(T3.Mite_Count) DESC LIMIT 1	bee_yards
SELECT T1.Full_Name FROM Beekeeper AS T1 JOIN Apiary AS T2 ON T1.Beekeeper_ID = T2.Owner_ID WHERE T2.Main_Forage = 'Heather' UNION SELECT T3.Full_Name FROM Beekeeper AS T3 JOIN Apiary AS T4 ON T3.Beekeeper_ID = T4.Stand_In_ID WHERE T4.Main_Forage = 'Heather'	bee_yards
SELECT T1.Full_Name FROM Beekeeper AS T1 JOIN Apiary AS T2 ON T1.Beekeeper_ID = T2.Owner_ID WHERE T2.Main_Forage = 'Heather' UNION SELECT T3.Full_Name FROM Beekeeper AS T3 JOIN Apiary AS T4 ON T3.Beekeeper_ID = T4.Stand_In_ID WHERE T4.Main_Forage = 'Heather'	bee_yards
SELECT Hive_Code, Queen_Line FROM Hive WHERE Temperament = 'calm' AND Hive_Code IN (SELECT Hive_Code FROM Inspection WHERE Mite_Count > 20)	bee_yards
SELECT T1.Full_Name FROM Beekeeper AS T1 JOIN Course_Attendance AS T2 ON T1.Beekeeper_ID = T2.Beekeeper_ID WHERE T2.Score > 80 INTERSECT SELECT T3.Full_Name FROM Beekeeper AS T3 JOIN Course_Attendance AS T4 ON T3.Beekeeper_ID = T4.Beekeeper_ID WHERE T4.Result = 'fail'	bee_yards
SELECT count(*) FROM boat WHERE yr_built BETWEEN 1970 AND 1979	canal_locks
SELECT keeper FROM lock WHERE name = 'Mossgill Top Lock'	canal_locks
SELECT keeper FROM lock WHERE name = 'Mossgill Top Lock'	canal_locks
SELECT DISTINCT kind FROM mooring	canal_locks
SELECT DISTINCT kind FROM mooring	canal_locks
SELECT name FROM boatowner WHERE is_company = 1	canal_locks
SELECT name FROM canal WHERE status = 'under restoration'	canal_locks
SELECT name FROM canal WHERE status = 'under restoration'	canal_locks
SELECT licence_exp FROM boat WHERE reg_no = 'NB-0417'	canal_locks
SELECT reg_no FROM boat WHERE engine = '43 hp'	canal_locks
SELECT reg_no FROM boat WHERE engine = '43 hp'	canal_locks
SELECT name FROM canal ORDER BY yr_opened ASC	canal_locks
SELECT name, fee_per_m FROM mooring WHERE has_elec = 1 ORDER BY fee_per_m ASC	canal_locks
SELECT name, fee_per_m FROM mooring WHERE has_elec = 1 ORDER BY fee_per_m ASC	canal_locks
SELECT T2.name FROM boat AS T1 JOIN boatowner AS T2 ON T1.owner_id = T2.owner_id WHERE T1.name = 'Lemon Curd'	canal_locks
SELECT T2.name FROM boat AS T1 JOIN boatowner AS T2 ON T1.owner_id = T2.owner_id WHERE T1.name = 'Lemon Curd'	canal_locks
SELECT T1.name, T2.name FROM boat AS T1 JOIN boatowner AS T2 ON T1.co_owner_id = T2.owner_id	canal_locks
SELECT name FROM lock ORDER BY rise_m DESC LIMIT 3	canal_locks
SELECT name FROM lock ORDER BY rise_m DESC LIMIT 3	canal_locks
SELECT T1.name, count(*) FROM canal AS T1 JOIN lock AS T2 ON T1.canal_id = T2.canal_id GROUP BY T1.canal_id	canal_locks
SELECT name, yr_built FROM boat ORDER BY yr_built ASC LIMIT 1	canal_locks
SELECT min(len_m), max(len_m) FROM boat WHERE hull = 'wood'	canal_locks
SELECT min(len_m), max(len_m) FROM boat WHERE hull = 'wood'	canal_locks
SELECT name, town FROM boatowner WHERE registered_on LIKE '2019-05-%'	canal_locks
SELECT name, town FROM boatowner WHERE registered_on LIKE '2019-05-%'	canal_locks
SELECT T1.name, T2.name FROM canal AS T1 JOIN canal AS T2 ON T1.branch_of = T2.canal_id	canal_locks
SELECT kind, avg(berths) FROM mooring GROUP BY kind HAVING count(*) >= 4	canal_locks
SELECT keeper FROM lock WHERE operation = 'mechanised' GROUP BY keeper HAVING count(*) > 1	canal_locks
SELECT keeper FROM lock WHERE operation = 'mechanised' GROUP BY keeper HAVING count(*) > 1	canal_locks
SELECT reg_no, fee_gbp - paid_gbp FROM boatmooring WHERE season = 'summer' AND season_yr = 2022 AND fee_gbp > paid_gbp	canal_locks
SELECT count(DISTINCT T1.reg_no) FROM passage AS T1 JOIN lock AS T2 ON T1.lock_id = T2.lock_id WHERE T2.name = 'Heron Island Lock' AND T1.direction = 'up'	canal_locks
SELECT region, sum(len_km) FROM canal GROUP BY region	canal_locks
SELECT region, sum(len_km) FROM canal GROUP BY region	canal_locks
SELECT T2.reg_no FROM mooring AS T1 JOIN boatmooring AS T2 ON T1.mooring_id = T2.mooring_id WHERE T1.name = 'Glanfa Glanrhyd' AND T2.season = 'summer' AND T2.season_yr = 2023	canal_locks
SELECT name FROM mooring WHERE mooring_id NOT IN (SELECT mooring_id FROM boatmooring)	canal_locks
SELECT name FROM mooring WHERE mooring_id NOT IN (SELECT mooring_id FROM boatmooring)	canal_locks
SELECT reg_no FROM boat WHERE len_m > (SELECT min(len_m) FROM lock)	canal_locks
SELECT reg_no FROM boatmooring EXCEPT SELECT reg_no FROM passage	canal_locks
SELECT keeper FROM lock WHERE operation = 'manual' INTERSECT SELECT keeper FROM lock WHERE operation = 'assisted'	canal_locks
SELECT keeper FROM lock WHERE operation = 'manual' INTERSECT SELECT keeper FROM lock WHERE operation = 'assisted'	canal_locks
SELECT DISTINCT T1.name FROM boat AS T1 JOIN passage AS T2 ON T1.reg_no = T2.reg_no JOIN lock AS T3 ON T2.lock_id = T3.lock_id WHERE T3.name = 'Greywether Lock'	canal_locks
SELECT DISTINCT T1.name FROM boat AS T1 JOIN passage AS T2 ON T1.reg_no = T2.reg_no JOIN lock AS T3 ON T2.lock_id = T3.lock_id WHERE T3.name = 'Greywether Lock'	canal_locks
SELECT name FROM boatowner WHERE owner_id IN (SELECT owner_id FROM boat WHERE licence_class = 'Trade')	canal_locks
SELECT DISTINCT T1.town FROM boatowner AS T1 JOIN boat AS T2 ON T1.owner_id = T2.owner_id JOIN passage AS T3 ON T2.reg_no = T3.reg_no JOIN lock AS T4 ON T3.lock_id = T4.lock_id WHERE T4.name = 'Osierham Lock'	canal_locks
SELECT DISTINCT T1.town FROM boatowner AS T1 JOIN boat AS T2 ON T1.owner_id = T2.owner_id JOIN passage AS T3 ON T2.reg_no = T3.reg_no JOIN lock AS T4 ON T3.lock_id = T4.lock_id WHERE T4.name = 'Osierham Lock'	canal_locks
SELECT T1.name, count(*) FROM lock AS T1 JOIN passage AS T2 ON T1.lock_id = T2.lock_id GROUP BY T1.lock_id ORDER BY count(*) DESC LIMIT 1	canal_locks
SELECT T1.name, count(*) FROM lock AS T1 JOIN passage AS T2 ON T1.lock_id = T2.lock_id GROUP BY T1.lock_id ORDER BY count(*) DESC LIMIT 1	canal_locks
SELECT T1.name FROM boatowner AS T1 JOIN boat AS T2 ON T1.owner_id = T2.owner_id WHERE T2.yr_built < 1940 UNION SELECT T3.name FROM boatowner AS T3 JOIN boat AS T4 ON T3.owner_id = T4.co_owner_id WHERE T4.yr_built < 1940	canal_locks
SELECT T1.name, sum(T3.fee_gbp) FROM canal AS T1 JOIN mooring AS T2 ON T1.canal_id = T2.canal_id JOIN boatmooring AS T3 ON T2.mooring_id = T3.mooring_id WHERE T3.season = 'winter' GROUP BY T1.canal_id	canal_locks
SELECT T1.name, sum(T3.fee_gbp) FROM canal AS T1 JOIN mooring AS T2 ON T1.canal_id = T2.canal_id JOIN boatmooring AS T3 ON T2.mooring_id = T3.mooring_id WHERE T3.season = 'winter' GROUP BY T1.canal_id	canal_locks
SELECT T1.name, T2.pass_date FROM lock AS T1 JOIN passage AS T2 ON T1.lock_id = T2.lock_id WHERE T2.wait_min = (SELECT max(wait_min) FROM passage)	canal_locks
SELECT name FROM cave WHERE access = 'closed'	cave_surveys
SELECT name FROM cave WHERE access = 'closed'	cave_surveys
SELECT count(*) FROM caver WHERE joined_date < '2000-01-01'	cave_surveys
SELECT count(*) FROM caver WHERE joined_date < '2000-01-01'	cave_surveys
SELECT DISTINCT T1.name FROM region AS T1 JOIN expedition AS T2 ON T1.region_id = T2.region_id	cave_surveys
SELECT title FROM expedition WHERE start_date BETWEEN '2012-01-01' AND '2014-12-31'	cave_surveys
SELECT title FROM expedition WHERE start_date BETWEEN '2012-01-01' AND '2014-12-31'	cave_surveys
SELECT home_town FROM caver GROUP BY home_town HAVING count(*) >= 3	cave_surveys
SELECT name FROM caver WHERE licence_number = '00716'	cave_surveys
SELECT nickname FROM caver WHERE name = 'Joaquín Núñez'	cave_surveys
SELECT nickname FROM caver WHERE name = 'Joaquín Núñez'	cave_surveys
SELECT name FROM region ORDER BY area_km2 DESC	cave_surveys
SELECT T1.name, T1.vertical_range FROM passage AS T1 JOIN cave AS T2 ON T1.cave_id = T2.cave_id WHERE T2.name = 'Sima del Candil'	cave_surveys
SELECT T1.name, T1.vertical_range FROM passage AS T1 JOIN cave AS T2 ON T1.cave_id = T2.cave_id WHERE T2.name = 'Sima del Candil'	cave_surveys
SELECT name, area_km2 FROM region WHERE rock_type != 'limestone'	cave_surveys
SELECT T1.title, T2.name FROM expedition AS T1 JOIN caver AS T2 ON T1.leader_id = T2.caver_id WHERE T1.report_status = 'missing'	cave_surveys
SELECT T1.title, T2.name FROM expedition AS T1 JOIN caver AS T2 ON T1.leader_id = T2.caver_id WHERE T1.report_status = 'missing'	cave_surveys
SELECT survey_grade, count(*) FROM passage GROUP BY survey_grade	cave_surveys
SELECT survey_grade, count(*) FROM passage GROUP BY survey_grade	cave_surveys
SELECT role, avg(days_underground) FROM expedition_member GROUP BY role	cave_surveys
SELECT name FROM cave ORDER BY entrance_altitude DESC LIMIT 1	cave_surveys
SELECT name FROM cave ORDER BY entrance_altitude DESC LIMIT 1	cave_surveys
SELECT T1.name FROM caver AS T1 JOIN caver AS T2 ON T1.trainer_id = T2.caver_id WHERE T2.name = 'Łucja Wrońska'	cave_surveys
SELECT T1.name FROM caver AS T1 JOIN caver AS T2 ON T1.trainer_id = T2.caver_id WHERE T2.name = 'Łucja Wrońska'	cave_surveys
SELECT T1.name FROM region AS T1 JOIN cave AS T2 ON T1.region_id = T2.region_id GROUP BY T1.region_id HAVING count(*) >= 5	cave_surveys
SELECT access, count(*), avg(depth) FROM cave GROUP BY access	cave_surveys
SELECT title, budget_eur FROM expedition ORDER BY budget_eur DESC LIMIT 3	cave_surveys
SELECT title, budget_eur FROM expedition ORDER BY budget_eur DESC LIMIT 3	cave_surveys
SELECT name, home_town FROM caver WHERE is_first_aider = 1 AND birth_year >= 1990	cave_surveys
SELECT name, entrance_altitude - depth FROM cave WHERE has_stream = 1	cave_surveys
SELECT name, entrance_altitude - depth FROM cave WHERE has_stream = 1	cave_surveys
SELECT T2.name, T1.rope_taken FROM expedition AS T1 JOIN caver AS T2 ON T1.leader_id = T2.caver_id WHERE T1.title = 'Crnodol Deep Camp 2019'	cave_surveys
SELECT code, name FROM cave WHERE name LIKE '%jama%'	cave_surveys
SELECT name, survey_date FROM passage WHERE is_flooded = 1 ORDER BY survey_date DESC	cave_surveys
SELECT name FROM cave WHERE cave_id NOT IN (SELECT cave_id FROM passage)	cave_surveys
SELECT name FROM cave WHERE cave_id NOT IN (SELECT cave_id FROM passage)	cave_surveys
SELECT name FROM cave WHERE total_length > (SELECT avg(total_length) FROM cave)	cave_surveys
SELECT name FROM cave WHERE total_length > (SELECT avg(total_length) FROM cave)	cave_surveys
SELECT country FROM region INTERSECT SELECT country FROM caver	cave_surveys
SELECT T1.name FROM caver AS T1 JOIN expedition AS T2 ON T1.caver_id = T2.callout_contact_id EXCEPT SELECT T3.name FROM caver AS T3 JOIN expedition AS T4 ON T3.caver_id = T4.leader_id	cave_surveys
SELECT T1.name FROM caver AS T1 JOIN expedition AS T2 ON T1.caver_id = T2.callout_contact_id EXCEPT SELECT T3.name FROM caver AS T3 JOIN expedition AS T4 ON T3.caver_id = T4.leader_id	cave_surveys
SELECT T3.name, T2.role FROM expedition AS T1 JOIN expedition_member AS T2 ON T1.expedition_id = T2.expedition_id JOIN caver AS T3 ON T2.caver_id = T3.caver_id WHERE T1.title = 'Kilnshaw Resurvey 2014'	cave_surveys
SELECT T1.title, sum(T2.length) FROM expedition AS T1 JOIN passage AS T2 ON T1.expedition_id = T2.expedition_id GROUP BY T1.expedition_id ORDER BY sum(T2.length) DESC	cave_surveys
SELECT T1.name FROM caver AS T1 JOIN expedition_member AS T2 ON T1.caver_id = T2.caver_id GROUP BY T1.caver_id ORDER BY sum(T2.days_underground) DESC LIMIT 3	cave_surveys
SELECT T1.name FROM caver AS T1 JOIN expedition_member AS T2 ON T1.caver_id = T2.caver_id GROUP BY T1.caver_id ORDER BY sum(T2.days_underground) DESC LIMIT 3	cave_surveys
SELECT DISTINCT T1.name FROM caver AS T1 JOIN expedition_member AS T2 ON T1.caver_id = T2.caver_id JOIN expedition AS T3 ON T2.expedition_id = T3.expedition_id JOIN region AS T4 ON T3.region_id = T4.region_id WHERE T4.country = 'Montenegro' AND T2.role = 'photographer'	cave_surveys
SELECT DISTINCT T1.name FROM caver AS T1 JOIN expedition_member AS T2 ON T1.caver_id = T2.caver_id JOIN expedition AS T3 ON T2.expedition_id = T3.expedition_id JOIN region AS T4 ON T3.region_id = T4.region_id WHERE T4.country = 'Montenegro' AND T2.role = 'photographer'	cave_surveys
SELECT T1.name FROM caver AS T1 JOIN expedition AS T2 ON T1.caver_id = T2.leader_id WHERE T1.member_status = 'active' UNION SELECT T3.name FROM caver AS T3 JOIN caver AS T4 ON T3.caver_id = T4.trainer_id WHERE T3.member_status = 'active'	cave_surveys
SELECT title, start_date FROM expedition WHERE region_id IN (SELECT region_id FROM cave WHERE depth > 900)	cave_surveys
SELECT title, start_date FROM expedition WHERE region_id IN (SELECT region_id FROM cave WHERE depth > 900)	cave_surveys
SELECT T1.name FROM caver AS T1 JOIN expedition_member AS T2 ON T1.caver_id = T2.caver_id JOIN expedition AS T3 ON T2.expedition_id = T3.expedition_id WHERE T1.member_status = 'active' GROUP BY T1.caver_id HAVING count(DISTINCT T3.region_id) >= 5	cave_surveys
SELECT count(*) FROM Dairies WHERE Organic = 1	cheese_guild
SELECT count(*) FROM Dairies WHERE Organic = 1	cheese_guild
SELECT DISTINCT Rind FROM Cheeses	cheese_guild
SELECT DISTINCT Rind FROM Cheeses	cheese_guild
SELECT Name FROM Shops WHERE Counter_Length = '6.0 m'	cheese_guild
SELECT max(Visitors) FROM Shows	cheese_guild
SELECT max(Visitors) FROM Shows	cheese_guild
SELECT Country FROM Dairies GROUP BY Country HAVING count(*) >= 3	cheese_guild
SELECT Entry_Fee FROM Shows WHERE Show_Year = 2019	cheese_guild
SELECT Name FROM Judges ORDER BY Joined_Date	cheese_guild
SELECT Name FROM Judges ORDER BY Joined_Date	cheese_guild
SELECT sum(Kilos) FROM Stock_Lines WHERE Last_Delivery BETWEEN '2024-10-01' AND '2024-10-31'	cheese_guild
SELECT Milk, count(*) FROM Cheeses GROUP BY Milk	cheese_guild
SELECT Milk, count(*) FROM Cheeses GROUP BY Milk	cheese_guild
SELECT Name, Town FROM Dairies WHERE Country = 'Ireland' AND Herd_Size > 100	cheese_guild
SELECT T1.Name FROM Cheeses AS T1 JOIN Dairies AS T2 ON T1.Dairy_ID = T2.Dairy_ID WHERE T2.Country = 'Norway'	cheese_guild
SELECT T1.Name FROM Cheeses AS T1 JOIN Dairies AS T2 ON T1.Dairy_ID = T2.Dairy_ID WHERE T2.Country = 'Norway'	cheese_guild
SELECT T1.Name FROM Shops AS T1 JOIN Stock_Lines AS T2 ON T1.Shop_ID = T2.Shop_ID GROUP BY T1.Shop_ID HAVING count(*) > 12	cheese_guild
SELECT T1.Name FROM Shops AS T1 JOIN Stock_Lines AS T2 ON T1.Shop_ID = T2.Shop_ID GROUP BY T1.Shop_ID HAVING count(*) > 12	cheese_guild
SELECT count(DISTINCT T1.Cheese_ID) FROM Stock_Lines AS T1 JOIN Shops AS T2 ON T1.Shop_ID = T2.Shop_ID WHERE T2.City = 'Oslo'	cheese_guild
SELECT Name FROM Cheeses ORDER BY Ageing_Months DESC LIMIT 3	cheese_guild
SELECT Name FROM Cheeses ORDER BY Ageing_Months DESC LIMIT 3	cheese_guild
SELECT Guild_Code, Name FROM Cheeses WHERE Raw_Milk = 1 AND Launch_Date >= '2010-01-01'	cheese_guild
SELECT min(Fat_Percent), max(Fat_Percent), avg(Fat_Percent) FROM Cheeses WHERE Milk = 'sheep'	cheese_guild
SELECT min(Fat_Percent), max(Fat_Percent), avg(Fat_Percent) FROM Cheeses WHERE Milk = 'sheep'	cheese_guild
SELECT Category, count(Medal) FROM Show_Entries GROUP BY Category	cheese_guild
SELECT T1.Show_Year, T1.Venue, T2.Name FROM Shows AS T1 JOIN Judges AS T2 ON T1.Chair_Judge_ID = T2.Judge_ID	cheese_guild
SELECT T1.Show_Year, T1.Venue, T2.Name FROM Shows AS T1 JOIN Judges AS T2 ON T1.Chair_Judge_ID = T2.Judge_ID	cheese_guild
SELECT Rind, avg(Ageing_Months) FROM Cheeses GROUP BY Rind	cheese_guild
SELECT T1.Name, T2.Name FROM Dairies AS T1 JOIN Dairies AS T2 ON T1.Owner_Dairy_ID = T2.Dairy_ID WHERE T1.Founded_Year < T2.Founded_Year	cheese_guild
SELECT T1.Name, T2.Name FROM Dairies AS T1 JOIN Dairies AS T2 ON T1.Owner_Dairy_ID = T2.Dairy_ID WHERE T1.Founded_Year < T2.Founded_Year	cheese_guild
SELECT count(*) FROM Show_Entries WHERE Entry_Status = 'Withdrawn' OR Entry_Status = 'Disqualified'	cheese_guild
SELECT T1.City, sum(T2.Kilos) FROM Shops AS T1 JOIN Stock_Lines AS T2 ON T1.Shop_ID = T2.Shop_ID GROUP BY T1.City	cheese_guild
SELECT T1.City, sum(T2.Kilos) FROM Shops AS T1 JOIN Stock_Lines AS T2 ON T1.Shop_ID = T2.Shop_ID GROUP BY T1.City	cheese_guild
SELECT Name FROM Cheeses WHERE Ageing_Months > (SELECT max(Ageing_Months) FROM Cheeses WHERE Milk = 'goat')	cheese_guild
SELECT Name FROM Cheeses WHERE Ageing_Months > (SELECT max(Ageing_Months) FROM Cheeses WHERE Milk = 'goat')	cheese_guild
SELECT Name FROM Cheeses WHERE Cheese_ID NOT IN (SELECT Cheese_ID FROM Stock_Lines)	cheese_guild
SELECT Name FROM Cheeses WHERE Cheese_ID NOT IN (SELECT Cheese_ID FROM Stock_Lines)	cheese_guild
SELECT Town FROM Dairies WHERE Country = 'Ireland' UNION SELECT City FROM Shops WHERE Country = 'Ireland'	cheese_guild
SELECT T2.Name, T1.Price_Per_Kilo * T1.Kilos FROM Stock_Lines AS T1 JOIN Cheeses AS T2 ON T1.Cheese_ID = T2.Cheese_ID JOIN Shops AS T3 ON T1.Shop_ID = T3.Shop_ID WHERE T3.Name = 'Melk & Mugg'	cheese_guild
SELECT T1.Name, avg(T2.Lead_Score) FROM Judges AS T1 JOIN Show_Entries AS T2 ON T1.Judge_ID = T2.Lead_Judge_ID GROUP BY T1.Judge_ID ORDER BY avg(T2.Lead_Score)	cheese_guild
SELECT T1.Name, avg(T2.Lead_Score) FROM Judges AS T1 JOIN Show_Entries AS T2 ON T1.Judge_ID = T2.Lead_Judge_ID GROUP BY T1.Judge_ID ORDER BY avg(T2.Lead_Score)	cheese_guild
SELECT Name FROM Judges WHERE Trainer_ID IN (SELECT Judge_ID FROM Judges WHERE Country_Code = 'FR')	cheese_guild
SELECT T1.Name FROM Dairies AS T1 JOIN Cheeses AS T2 ON T1.Dairy_ID = T2.Dairy_ID JOIN Show_Entries AS T3 ON T2.Cheese_ID = T3.Cheese_ID WHERE T3.Medal = 'Gold' GROUP BY T1.Dairy_ID ORDER BY count(*) DESC LIMIT 1	cheese_guild
SELECT T1.Name FROM Dairies AS T1 JOIN Cheeses AS T2 ON T1.Dairy_ID = T2.Dairy_ID JOIN Show_Entries AS T3 ON T2.Cheese_ID = T3.Cheese_ID WHERE T3.Medal = 'Gold' GROUP BY T1.Dairy_ID ORDER BY count(*) DESC LIMIT 1	cheese_guild
SELECT DISTINCT T4.Name, T4.Buyer_Name FROM Dairies AS T1 JOIN Cheeses AS T2 ON T1.Dairy_ID = T2.Dairy_ID JOIN Stock_Lines AS T3 ON T2.Cheese_ID = T3.Cheese_ID JOIN Shops AS T4 ON T3.Shop_ID = T4.Shop_ID WHERE T1.Name LIKE 'Fjellheim%'	cheese_guild
SELECT T1.Name FROM Cheeses AS T1 JOIN Show_Entries AS T2 ON T1.Cheese_ID = T2.Cheese_ID JOIN Shows AS T3 ON T2.Show_ID = T3.Show_ID WHERE T3.Show_Year = 2024 EXCEPT SELECT T4.Name FROM Cheeses AS T4 JOIN Show_Entries AS T5 ON T4.Cheese_ID = T5.Cheese_ID JOIN Shows AS T6 ON T5.Show_ID = T6.Show_ID WHERE T6.Show_Year = 2023	cheese_guild
SELECT T1.Name FROM Cheeses AS T1 JOIN Stock_Lines AS T2 ON T1.Cheese_ID = T2.Cheese_ID JOIN Shops AS T3 ON T2.Shop_ID = T3.Shop_ID WHERE T3.City = 'Oslo' INTERSECT SELECT T4.Name FROM Cheeses AS T4 JOIN Stock_Lines AS T5 ON T4.Cheese_ID = T5.Cheese_ID JOIN Shops AS T6 ON T5.Shop_ID = T6.Shop_ID WHERE T6.City = 'Bergen'	cheese_guild
SELECT T2.Name, T3.Name, T1.Lead_Score - T1.Second_Score FROM Show_Entries AS T1 JOIN Judges AS T2 ON T1.Lead_Judge_ID = T2.Judge_ID JOIN Judges AS T3 ON T1.Second_Judge_ID = T3.Judge_ID ORDER BY T1.Lead_Score - T1.Second_Score DESC LIMIT 1	cheese_guild
SELECT T1.Name, T2.Price_Per_Kilo FROM Shops AS T1 JOIN Stock_Lines AS T2 ON T1.Shop_ID = T2.Shop_ID JOIN Cheeses AS T3 ON T2.Cheese_ID = T3.Cheese_ID WHERE T3.Name = 'Old Puck' ORDER BY T2.Price_Per_Kilo LIMIT 1	cheese_guild
SELECT T1.Name, T2.Price_Per_Kilo FROM Shops AS T1 JOIN Stock_Lines AS T2 ON T1.Shop_ID = T2.Shop_ID JOIN Cheeses AS T3 ON T2.Cheese_ID = T3.Cheese_ID WHERE T3.Name = 'Old Puck' ORDER BY T2.Price_Per_Kilo LIMIT 1	cheese_guild
SELECT Title FROM Puzzle WHERE Kind = 'barred'	crossword_club
SELECT Title FROM Puzzle WHERE Kind = 'barred'	crossword_club
SELECT T1.Title FROM Puzzle AS T1 JOIN Setter AS T2 ON T1.SetterId = T2.SetterId WHERE T2.Pseudonym = 'Pangolin'	crossword_club
SELECT T1.Title FROM Puzzle AS T1 JOIN Setter AS T2 ON T1.SetterId = T2.SetterId WHERE T2.Pseudonym = 'Pangolin'	crossword_club
SELECT Name FROM Solver WHERE MemberNo = '0076'	crossword_club
SELECT count(*) FROM Attempt WHERE Errors = 0	crossword_club
SELECT Kind, count(*), avg(ParMin) FROM Puzzle GROUP BY Kind	crossword_club
SELECT Kind, count(*), avg(ParMin) FROM Puzzle GROUP BY Kind	crossword_club
SELECT Name FROM Solver WHERE SolverId NOT IN (SELECT SolverId FROM Attempt)	crossword_club
SELECT Name FROM Solver WHERE SolverId NOT IN (SELECT SolverId FROM Attempt)	crossword_club
SELECT RealName FROM Setter WHERE Pseudonym = 'Nettle'	crossword_club
SELECT RealName FROM Setter WHERE Pseudonym = 'Nettle'	crossword_club
SELECT T1.Pseudonym FROM Setter AS T1 JOIN Setter AS T2 ON T1.EditorId = T2.SetterId WHERE T2.Pseudonym = 'Quillfeather'	crossword_club
SELECT T1.Pseudonym FROM Setter AS T1 JOIN Setter AS T2 ON T1.EditorId = T2.SetterId WHERE T2.Pseudonym = 'Quillfeather'	crossword_club
SELECT Code, Title FROM Puzzle WHERE Diff = 5 ORDER BY ParMin DESC	crossword_club
SELECT Answer FROM Clue ORDER BY Votes DESC LIMIT 1	crossword_club
SELECT Answer FROM Clue ORDER BY Votes DESC LIMIT 1	crossword_club
SELECT Answer FROM Clue WHERE Enumeration LIKE '%,%'	crossword_club
SELECT DISTINCT T1.Name FROM Solver AS T1 JOIN Attempt AS T2 ON T1.SolverId = T2.SolverId JOIN Puzzle AS T3 ON T2.PuzzleId = T3.PuzzleId JOIN Setter AS T4 ON T3.SetterId = T4.SetterId WHERE T4.Pseudonym = 'Łasica' AND T2.Finished = 1	crossword_club
SELECT DISTINCT T1.Name FROM Solver AS T1 JOIN Attempt AS T2 ON T1.SolverId = T2.SolverId JOIN Puzzle AS T3 ON T2.PuzzleId = T3.PuzzleId JOIN Setter AS T4 ON T3.SetterId = T4.SetterId WHERE T4.Pseudonym = 'Łasica' AND T2.Finished = 1	crossword_club
SELECT max(AnswerLen) FROM Clue WHERE Direction = 'D'	crossword_club
SELECT max(AnswerLen) FROM Clue WHERE Direction = 'D'	crossword_club
SELECT ClueType, avg(AnswerLen) FROM Clue GROUP BY ClueType	crossword_club
SELECT Town FROM Setter INTERSECT SELECT Town FROM Solver	crossword_club
SELECT Town FROM Setter INTERSECT SELECT Town FROM Solver	crossword_club
SELECT T1.Item, T2.Name FROM Prize AS T1 JOIN Solver AS T2 ON T1.SolverId = T2.SolverId WHERE T1.AwardedOn BETWEEN '2022-01-01' AND '2022-12-31'	crossword_club
SELECT Title, PublishedOn FROM Puzzle WHERE GridSize = '23x23'	crossword_club
SELECT Title, PublishedOn FROM Puzzle WHERE GridSize = '23x23'	crossword_club
SELECT Title FROM Puzzle WHERE ParMin > (SELECT avg(ParMin) FROM Puzzle WHERE Kind = 'barred')	crossword_club
SELECT count(DISTINCT T1.SolverId) FROM Attempt AS T1 JOIN Puzzle AS T2 ON T1.PuzzleId = T2.PuzzleId WHERE T2.Kind = 'barred'	crossword_club
SELECT Item FROM Prize ORDER BY Worth DESC	crossword_club
SELECT T1.Title FROM Puzzle AS T1 JOIN Attempt AS T2 ON T1.PuzzleId = T2.PuzzleId WHERE T1.Kind = 'barred' EXCEPT SELECT T3.Title FROM Puzzle AS T3 JOIN Attempt AS T4 ON T3.PuzzleId = T4.PuzzleId WHERE T4.Finished = 0	crossword_club
SELECT T1.Title FROM Puzzle AS T1 JOIN Attempt AS T2 ON T1.PuzzleId = T2.PuzzleId WHERE T1.Kind = 'barred' EXCEPT SELECT T3.Title FROM Puzzle AS T3 JOIN Attempt AS T4 ON T3.PuzzleId = T4.PuzzleId WHERE T4.Finished = 0	crossword_club
SELECT Pseudonym FROM Setter WHERE Retired = 0 AND DebutYear < 2010	crossword_club
SELECT Sponsor FROM Prize GROUP BY Sponsor ORDER BY sum(Worth) DESC LIMIT 1	crossword_club
SELECT count(DISTINCT Theme) FROM Puzzle	crossword_club
SELECT count(DISTINCT Theme) FROM Puzzle	crossword_club
SELECT T2.Pseudonym, count(*) FROM Puzzle AS T1 JOIN Setter AS T2 ON T1.CheckerId = T2.SetterId GROUP BY T2.SetterId	crossword_club
SELECT T2.Pseudonym, count(*) FROM Puzzle AS T1 JOIN Setter AS T2 ON T1.CheckerId = T2.SetterId GROUP BY T2.SetterId	crossword_club
SELECT T2.Pseudonym FROM Puzzle AS T1 JOIN Setter AS T2 ON T1.SetterId = T2.SetterId GROUP BY T2.SetterId ORDER BY count(*) DESC LIMIT 2	crossword_club
SELECT Name FROM Solver WHERE BirthYear >= 1990	crossword_club
SELECT Town, count(*) FROM Solver GROUP BY Town HAVING count(*) >= 3	crossword_club
SELECT T3.Title, T2.Minutes - T3.ParMin FROM Solver AS T1 JOIN Attempt AS T2 ON T1.SolverId = T2.SolverId JOIN Puzzle AS T3 ON T2.PuzzleId = T3.PuzzleId WHERE T1.Name = 'Peter Hallam' AND T2.Finished = 1	crossword_club
SELECT T3.Title, T2.Minutes - T3.ParMin FROM Solver AS T1 JOIN Attempt AS T2 ON T1.SolverId = T2.SolverId JOIN Puzzle AS T3 ON T2.PuzzleId = T3.PuzzleId WHERE T1.Name = 'Peter Hallam' AND T2.Finished = 1	crossword_club
SELECT T2.Name, sum(T1.Worth) FROM Prize AS T1 JOIN Solver AS T2 ON T1.SolverId = T2.SolverId GROUP BY T2.SolverId	crossword_club
SELECT T2.Name, sum(T1.Worth) FROM Prize AS T1 JOIN Solver AS T2 ON T1.SolverId = T2.SolverId GROUP BY T2.SolverId	crossword_club
SELECT T1.Name FROM Solver AS T1 JOIN Prize AS T2 ON T1.SolverId = T2.SolverId WHERE T2.Worth > 100 UNION SELECT T3.Name FROM Solver AS T3 JOIN Attempt AS T4 ON T3.SolverId = T4.SolverId GROUP BY T3.SolverId HAVING count(*) >= 15	crossword_club
SELECT Name FROM Solver WHERE Subscription = 'gold' AND JoinedOn < '2015-01-01'	crossword_club
SELECT Pseudonym FROM Setter WHERE SetterId IN (SELECT SetterId FROM Puzzle WHERE Theme = 'Opera')	crossword_club
SELECT T1.Name FROM Solver AS T1 JOIN Attempt AS T2 ON T1.SolverId = T2.SolverId JOIN Puzzle AS T3 ON T2.PuzzleId = T3.PuzzleId WHERE T3.Title = 'A Murder of Crows' AND T2.Finished = 1 ORDER BY T2.Minutes LIMIT 1	crossword_club
SELECT T1.Name FROM Solver AS T1 JOIN Attempt AS T2 ON T1.SolverId = T2.SolverId JOIN Puzzle AS T3 ON T2.PuzzleId = T3.PuzzleId WHERE T3.Title = 'A Murder of Crows' AND T2.Finished = 1 ORDER BY T2.Minutes LIMIT 1	crossword_club
SELECT count(*) FROM finds WHERE on_display = 1	dig_finds
SELECT count(*) FROM finds WHERE on_display = 1	dig_finds
SELECT name FROM sites WHERE country = 'United Kingdom'	dig_finds
SELECT name FROM sites WHERE country = 'United Kingdom'	dig_finds
SELECT max(weight_g) FROM finds WHERE material = 'Bronze'	dig_finds
SELECT max(weight_g) FROM finds WHERE material = 'Bronze'	dig_finds
SELECT count(DISTINCT country) FROM sites	dig_finds
SELECT count(DISTINCT country) FROM sites	dig_finds
SELECT catalogue_number FROM finds WHERE storage_box = '0047'	dig_finds
SELECT name FROM sites ORDER BY discovered_year DESC	dig_finds
SELECT lab_code FROM lab_datings WHERE margin_years > 150	dig_finds
SELECT season FROM crew_assignments GROUP BY season HAVING sum(days_worked) > 1000	dig_finds
SELECT name, birth_year FROM archaeologists WHERE birth_year BETWEEN 1970 AND 1979 ORDER BY birth_year	dig_finds
SELECT name FROM archaeologists WHERE institution LIKE '%museum%'	dig_finds
SELECT name FROM archaeologists WHERE institution LIKE '%museum%'	dig_finds
SELECT T1.name, count(*) FROM sites AS T1 JOIN trenches AS T2 ON T1.site_id = T2.site_id GROUP BY T1.site_id	dig_finds
SELECT T1.name, count(*) FROM sites AS T1 JOIN trenches AS T2 ON T1.site_id = T2.site_id GROUP BY T1.site_id	dig_finds
SELECT T1.catalogue_number, T2.sample_mass FROM finds AS T1 JOIN lab_datings AS T2 ON T1.find_id = T2.find_id WHERE T2.method = 'DENDRO'	dig_finds
SELECT T1.name, T1.speciality FROM archaeologists AS T1 JOIN archaeologists AS T2 ON T1.supervisor_id = T2.archaeologist_id WHERE T2.name = 'Zoë Karvounis'	dig_finds
SELECT T1.name, T1.speciality FROM archaeologists AS T1 JOIN archaeologists AS T2 ON T1.supervisor_id = T2.archaeologist_id WHERE T2.name = 'Zoë Karvounis'	dig_finds
SELECT name FROM sites ORDER BY elevation_m DESC LIMIT 1	dig_finds
SELECT name FROM sites ORDER BY elevation_m DESC LIMIT 1	dig_finds
SELECT max(age_bp), min(age_bp) FROM lab_datings WHERE method = 'C14'	dig_finds
SELECT T1.name, T2.trench_code, T2.length_m * T2.width_m FROM sites AS T1 JOIN trenches AS T2 ON T1.site_id = T2.site_id WHERE T2.opened_on BETWEEN '2022-01-01' AND '2022-12-31'	dig_finds
SELECT object_type, count(*) FROM finds WHERE found_on >= '2022-01-01' GROUP BY object_type HAVING count(*) > 10	dig_finds
SELECT object_type, count(*) FROM finds WHERE found_on >= '2022-01-01' GROUP BY object_type HAVING count(*) > 10	dig_finds
SELECT laboratory, count(*), sum(cost_eur) FROM lab_datings GROUP BY laboratory	dig_finds
SELECT DISTINCT T1.name FROM sites AS T1 JOIN trenches AS T2 ON T1.site_id = T2.site_id WHERE T2.length_m > 20	dig_finds
SELECT DISTINCT T1.name FROM sites AS T1 JOIN trenches AS T2 ON T1.site_id = T2.site_id WHERE T2.length_m > 20	dig_finds
SELECT DISTINCT T1.name FROM archaeologists AS T1 JOIN crew_assignments AS T2 ON T1.archaeologist_id = T2.archaeologist_id WHERE T2.role = 'director'	dig_finds
SELECT DISTINCT T1.name FROM archaeologists AS T1 JOIN crew_assignments AS T2 ON T1.archaeologist_id = T2.archaeologist_id WHERE T2.role = 'director'	dig_finds
SELECT material FROM finds GROUP BY material ORDER BY count(*) DESC	dig_finds
SELECT name FROM sites WHERE status = 'ACTIVE' AND open_to_visitors = 1	dig_finds
SELECT condition, avg(depth_cm) FROM finds GROUP BY condition	dig_finds
SELECT name FROM archaeologists WHERE archaeologist_id NOT IN (SELECT archaeologist_id FROM crew_assignments)	dig_finds
SELECT name FROM archaeologists WHERE archaeologist_id NOT IN (SELECT archaeologist_id FROM crew_assignments)	dig_finds
SELECT name FROM sites WHERE elevation_m > (SELECT avg(elevation_m) FROM sites)	dig_finds
SELECT name FROM sites WHERE elevation_m > (SELECT avg(elevation_m) FROM sites)	dig_finds
SELECT T1.catalogue_number, T1.object_type FROM finds AS T1 JOIN trenches AS T2 ON T1.trench_id = T2.trench_id JOIN sites AS T3 ON T2.site_id = T3.site_id WHERE T1.material = 'Glass' AND T3.period = 'Roman'	dig_finds
SELECT T1.name FROM archaeologists AS T1 JOIN finds AS T2 ON T1.archaeologist_id = T2.found_by ORDER BY T2.weight_g DESC LIMIT 1	dig_finds
SELECT T1.name FROM archaeologists AS T1 JOIN finds AS T2 ON T1.archaeologist_id = T2.found_by ORDER BY T2.weight_g DESC LIMIT 1	dig_finds
SELECT material FROM finds EXCEPT SELECT T1.material FROM finds AS T1 JOIN lab_datings AS T2 ON T1.find_id = T2.find_id	dig_finds
SELECT country FROM sites UNION SELECT country FROM archaeologists	dig_finds
SELECT T1.name FROM archaeologists AS T1 JOIN finds AS T2 ON T1.archaeologist_id = T2.found_by WHERE T2.material = 'Bronze' INTERSECT SELECT T3.name FROM archaeologists AS T3 JOIN finds AS T4 ON T3.archaeologist_id = T4.catalogued_by WHERE T4.material = 'Bronze'	dig_finds
SELECT T1.name FROM archaeologists AS T1 JOIN finds AS T2 ON T1.archaeologist_id = T2.found_by WHERE T2.material = 'Bronze' INTERSECT SELECT T3.name FROM archaeologists AS T3 JOIN finds AS T4 ON T3.archaeologist_id = T4.catalogued_by WHERE T4.material = 'Bronze'	dig_finds
SELECT name, institution FROM archaeologists WHERE archaeologist_id IN (SELECT supervisor_id FROM archaeologists)	dig_finds
SELECT T1.name FROM sites AS T1 JOIN trenches AS T2 ON T1.site_id = T2.site_id JOIN finds AS T3 ON T2.trench_id = T3.trench_id GROUP BY T1.site_id ORDER BY count(*) DESC LIMIT 3	dig_finds
SELECT T1.name FROM sites AS T1 JOIN trenches AS T2 ON T1.site_id = T2.site_id JOIN finds AS T3 ON T2.trench_id = T3.trench_id GROUP BY T1.site_id ORDER BY count(*) DESC LIMIT 3	dig_finds
SELECT DISTINCT T1.laboratory FROM lab_datings AS T1 JOIN finds AS T2 ON T1.find_id = T2.find_id JOIN trenches AS T3 ON T2.trench_id = T3.trench_id JOIN sites AS T4 ON T3.site_id = T4.site_id WHERE T4.country = 'Greece'	dig_finds
SELECT DISTINCT T1.laboratory FROM lab_datings AS T1 JOIN finds AS T2 ON T1.find_id = T2.find_id JOIN trenches AS T3 ON T2.trench_id = T3.trench_id JOIN sites AS T4 ON T3.site_id = T4.site_id WHERE T4.country = 'Greece'	dig_finds
SELECT T1.name, sum(T2.days_worked) FROM archaeologists AS T1 JOIN crew_assignments AS T2 ON T1.archaeologist_id = T2.archaeologist_id JOIN sites AS T3 ON T2.site_id = T3.site_id WHERE T3.region = 'Andalusia' GROUP BY T1.archaeologist_id HAVING sum(T2.days_worked) > 50	dig_finds
SELECT station_name FROM station WHERE opening_hours = '24/7'	ev_charging
SELECT station_name FROM station WHERE opening_hours = '24/7'	ev_charging
SELECT driver_email FROM driver WHERE wants_newsletter = 1	ev_charging
SELECT driver_email FROM driver WHERE wants_newsletter = 1	ev_charging
SELECT count(DISTINCT station_town) FROM station	ev_charging
SELECT count(DISTINCT station_town) FROM station	ev_charging
SELECT station_town FROM station GROUP BY station_town HAVING count(*) > 2	ev_charging
SELECT station_town FROM station GROUP BY station_town HAVING count(*) > 2	ev_charging
SELECT max(session_minutes) FROM charging_session	ev_charging
SELECT count(*) FROM connector WHERE connector_status = 'out of order'	ev_charging
SELECT driver_name FROM driver WHERE car_battery = '77 kWh'	ev_charging
SELECT tariff_name FROM tariff WHERE members_only = 1	ev_charging
SELECT currency, max(session_cost) FROM charging_session GROUP BY currency	ev_charging
SELECT currency, max(session_cost) FROM charging_session GROUP BY currency	ev_charging
SELECT operator_hotline FROM operator WHERE operator_name LIKE '%Fördestrom%'	ev_charging
SELECT operator_hotline FROM operator WHERE operator_name LIKE '%Fördestrom%'	ev_charging
SELECT station_name FROM station ORDER BY station_opened_on DESC LIMIT 3	ev_charging
SELECT station_name FROM station ORDER BY station_opened_on DESC LIMIT 3	ev_charging
SELECT DISTINCT T1.station_town FROM station AS T1 JOIN connector AS T2 ON T1.station_id = T2.station_id WHERE T2.plug_type = 'CHAdeMO'	ev_charging
SELECT DISTINCT T1.station_town FROM station AS T1 JOIN connector AS T2 ON T1.station_id = T2.station_id WHERE T2.plug_type = 'CHAdeMO'	ev_charging
SELECT session_id, session_cost / session_kwh FROM charging_session WHERE currency = 'EUR' AND session_kwh > 40	ev_charging
SELECT session_id, session_cost / session_kwh FROM charging_session WHERE currency = 'EUR' AND session_kwh > 40	ev_charging
SELECT T1.plug_type, avg(T2.session_kwh) FROM connector AS T1 JOIN charging_session AS T2 ON T1.connector_id = T2.connector_id GROUP BY T1.plug_type	ev_charging
SELECT T1.plug_type, avg(T2.session_kwh) FROM connector AS T1 JOIN charging_session AS T2 ON T1.connector_id = T2.connector_id GROUP BY T1.plug_type	ev_charging
SELECT T1.driver_name FROM driver AS T1 JOIN membership AS T2 ON T1.driver_id = T2.driver_id WHERE T2.card_number = '0009758'	ev_charging
SELECT T1.driver_name FROM driver AS T1 JOIN membership AS T2 ON T1.driver_id = T2.driver_id WHERE T2.card_number = '0009758'	ev_charging
SELECT count(*) FROM charging_session WHERE session_start LIKE '2024-05-%'	ev_charging
SELECT count(*) FROM charging_session WHERE session_start LIKE '2024-05-%'	ev_charging
SELECT T1.driver_name, T2.driver_name FROM driver AS T1 JOIN driver AS T2 ON T1.referred_by_driver_id = T2.driver_id	ev_charging
SELECT T1.operator_name, T2.operator_name FROM operator AS T1 JOIN operator AS T2 ON T1.parent_operator_id = T2.operator_id WHERE T1.operator_country != T2.operator_country	ev_charging
SELECT tariff_name FROM tariff WHERE currency = 'SEK' AND price_per_kwh BETWEEN 4 AND 5	ev_charging
SELECT T1.driver_name FROM driver AS T1 JOIN charging_session AS T2 ON T1.driver_id = T2.driver_id GROUP BY T1.driver_id HAVING count(*) >= 10	ev_charging
SELECT tariff_name, price_per_kwh FROM tariff WHERE currency = 'DKK' ORDER BY price_per_kwh	ev_charging
SELECT station_code FROM station WHERE is_covered = 0 AND station_opened_on < '2018-01-01' ORDER BY station_opened_on	ev_charging
SELECT T1.driver_name, T2.card_number, T2.member_since FROM driver AS T1 JOIN membership AS T2 ON T1.driver_id = T2.driver_id JOIN operator AS T3 ON T2.operator_id = T3.operator_id WHERE T3.operator_name = 'Havnelad'	ev_charging
SELECT T1.driver_name, T2.card_number, T2.member_since FROM driver AS T1 JOIN membership AS T2 ON T1.driver_id = T2.driver_id JOIN operator AS T3 ON T2.operator_id = T3.operator_id WHERE T3.operator_name = 'Havnelad'	ev_charging
SELECT driver_name FROM driver WHERE driver_id NOT IN (SELECT driver_id FROM charging_session)	ev_charging
SELECT driver_name FROM driver WHERE driver_id NOT IN (SELECT driver_id FROM charging_session)	ev_charging
SELECT station_name FROM station WHERE station_id IN (SELECT station_id FROM connector WHERE connector_max_kw >= 300)	ev_charging
SELECT station_name FROM station WHERE station_id IN (SELECT station_id FROM connector WHERE connector_max_kw >= 300)	ev_charging
SELECT operator_name FROM operator WHERE operator_founded > (SELECT avg(operator_founded) FROM operator)	ev_charging
SELECT driver_home_town FROM driver UNION SELECT station_town FROM station	ev_charging
SELECT car_model FROM driver GROUP BY car_model ORDER BY count(*) DESC LIMIT 1	ev_charging
SELECT T1.operator_name FROM operator AS T1 JOIN membership AS T2 ON T1.operator_id = T2.operator_id GROUP BY T1.operator_id ORDER BY count(*) DESC LIMIT 1	ev_charging
SELECT T1.operator_name FROM operator AS T1 JOIN membership AS T2 ON T1.operator_id = T2.operator_id GROUP BY T1.operator_id ORDER BY count(*) DESC LIMIT 1	ev_charging
SELECT DISTINCT T1.driver_name FROM driver AS T1 JOIN charging_session AS T2 ON T1.driver_id = T2.driver_id JOIN connector AS T3 ON T2.connector_id = T3.connector_id JOIN station AS T4 ON T3.station_id = T4.station_id WHERE T4.station_town = 'Malmö' AND T1.driver_home_town != 'Malmö'	ev_charging
SELECT DISTINCT T1.driver_name FROM driver AS T1 JOIN charging_session AS T2 ON T1.driver_id = T2.driver_id JOIN connector AS T3 ON T2.connector_id = T3.connector_id JOIN station AS T4 ON T3.station_id = T4.station_id WHERE T4.station_town = 'Malmö' AND T1.driver_home_town != 'Malmö'	ev_charging
SELECT T1.station_name FROM station AS T1 JOIN connector AS T2 ON T1.station_id = T2.station_id WHERE T2.plug_type = 'CHAdeMO' INTERSECT SELECT T3.station_name FROM station AS T3 JOIN connector AS T4 ON T3.station_id = T4.station_id WHERE T4.plug_type = 'Type 2'	ev_charging
SELECT T1.station_name, count(*) FROM station AS T1 JOIN connector AS T2 ON T1.station_id = T2.station_id JOIN charging_session AS T3 ON T2.connector_id = T3.connector_id GROUP BY T1.station_id ORDER BY count(*) DESC LIMIT 3	ev_charging
SELECT T1.operator_name, count(*), sum(T4.session_kwh) FROM operator AS T1 JOIN station AS T2 ON T1.operator_id = T2.operator_id JOIN connector AS T3 ON T2.station_id = T3.station_id JOIN charging_session AS T4 ON T3.connector_id = T4.connector_id GROUP BY T1.operator_id	ev_charging
SELECT T1.driver_name FROM driver AS T1 JOIN membership AS T2 ON T1.driver_id = T2.driver_id JOIN operator AS T3 ON T2.operator_id = T3.operator_id WHERE T3.operator_name = 'Strømvej' EXCEPT SELECT T4.driver_name FROM driver AS T4 JOIN membership AS T5 ON T4.driver_id = T5.driver_id JOIN operator AS T6 ON T5.operator_id = T6.operator_id WHERE T6.operator_name = 'Havnelad'	ev_charging
SELECT count(*) FROM observations WHERE status = 'clouded out'	observatory_nights
SELECT count(*) FROM observations WHERE status = 'clouded out'	observatory_nights
SELECT DISTINCT constel FROM targets WHERE tgt_type = 'galaxy'	observatory_nights
SELECT title FROM proposals WHERE submit_date < '2023-04-05'	observatory_nights
SELECT title FROM proposals WHERE submit_date < '2023-04-05'	observatory_nights
SELECT name FROM observers WHERE badge_no = '00436'	observatory_nights
SELECT sum(n_exp) FROM observations WHERE night = '2024-08-13'	observatory_nights
SELECT name FROM insts WHERE status != 'active'	observatory_nights
SELECT name FROM insts WHERE status != 'active'	observatory_nights
SELECT name FROM telescopes ORDER BY first_light_yr	observatory_nights
SELECT name FROM telescopes ORDER BY first_light_yr	observatory_nights
SELECT night FROM observations GROUP BY night HAVING count(*) > 10	observatory_nights
SELECT name, focal_len_m / aperture_m FROM telescopes WHERE is_robotic = 0 ORDER BY aperture_m DESC	observatory_nights
SELECT name, focal_len_m / aperture_m FROM telescopes WHERE is_robotic = 0 ORDER BY aperture_m DESC	observatory_nights
SELECT T1.name FROM insts AS T1 JOIN telescopes AS T2 ON T1.tel_id = T2.tel_id WHERE T2.dome_code = 'D-01'	observatory_nights
SELECT T1.name FROM insts AS T1 JOIN telescopes AS T2 ON T1.tel_id = T2.tel_id WHERE T2.dome_code = 'D-01'	observatory_nights
SELECT institution, count(*) FROM observers GROUP BY institution	observatory_nights
SELECT T1.title FROM proposals AS T1 JOIN prop_observers AS T2 ON T1.prop_id = T2.prop_id GROUP BY T1.prop_id HAVING count(*) >= 5	observatory_nights
SELECT T1.title FROM proposals AS T1 JOIN prop_observers AS T2 ON T1.prop_id = T2.prop_id GROUP BY T1.prop_id HAVING count(*) >= 5	observatory_nights
SELECT max(seeing), min(seeing) FROM observations WHERE night BETWEEN '2024-04-01' AND '2024-04-30'	observatory_nights
SELECT name FROM telescopes ORDER BY aperture_m DESC LIMIT 3	observatory_nights
SELECT name FROM telescopes ORDER BY aperture_m DESC LIMIT 3	observatory_nights
SELECT prop_id, title FROM proposals WHERE title LIKE '%quasar%'	observatory_nights
SELECT T2.title, count(DISTINCT T1.night) FROM observations AS T1 JOIN proposals AS T2 ON T1.prop_id = T2.prop_id GROUP BY T2.prop_id	observatory_nights
SELECT name FROM insts ORDER BY lam_max_nm DESC LIMIT 1	observatory_nights
SELECT T1.name, T2.name FROM observers AS T1 JOIN observers AS T2 ON T1.supervisor_id = T2.observer_id WHERE T1.position = 'PhD student'	observatory_nights
SELECT T1.name, T2.name FROM observers AS T1 JOIN observers AS T2 ON T1.supervisor_id = T2.observer_id WHERE T1.position = 'PhD student'	observatory_nights
SELECT cat_name, mag_v FROM targets WHERE tgt_type = 'variable star' ORDER BY mag_v	observatory_nights
SELECT DISTINCT T2.name FROM observations AS T1 JOIN observers AS T2 ON T1.observer_id = T2.observer_id WHERE T1.night = '2024-04-03'	observatory_nights
SELECT DISTINCT T2.name FROM observations AS T1 JOIN observers AS T2 ON T1.observer_id = T2.observer_id WHERE T1.night = '2024-04-03'	observatory_nights
SELECT prop_id, hrs_req - hrs_alloc FROM proposals WHERE grade = 'A'	observatory_nights
SELECT T1.start_utc, T1.exp_s, T1.airmass FROM observations AS T1 JOIN targets AS T2 ON T1.tgt_id = T2.tgt_id WHERE T2.cat_name = 'HX-17'	observatory_nights
SELECT position, count(*), min(joined_yr) FROM observers GROUP BY position	observatory_nights
SELECT position, count(*), min(joined_yr) FROM observers GROUP BY position	observatory_nights
SELECT cat_name FROM targets WHERE tgt_id NOT IN (SELECT tgt_id FROM observations)	observatory_nights
SELECT cat_name FROM targets WHERE tgt_id NOT IN (SELECT tgt_id FROM observations)	observatory_nights
SELECT title FROM proposals WHERE hrs_req > (SELECT avg(hrs_req) FROM proposals)	observatory_nights
SELECT DISTINCT T2.name FROM observations AS T1 JOIN insts AS T2 ON T1.inst_id = T2.inst_id JOIN targets AS T3 ON T1.tgt_id = T3.tgt_id WHERE T3.nickname = 'Lost Shoe'	observatory_nights
SELECT DISTINCT T2.name FROM observations AS T1 JOIN insts AS T2 ON T1.inst_id = T2.inst_id JOIN targets AS T3 ON T1.tgt_id = T3.tgt_id WHERE T3.nickname = 'Lost Shoe'	observatory_nights
SELECT T1.name FROM observers AS T1 JOIN prop_observers AS T2 ON T1.observer_id = T2.observer_id JOIN proposals AS T3 ON T2.prop_id = T3.prop_id WHERE T3.title = 'Core collapse in globular clusters' AND T2.on_site = 1	observatory_nights
SELECT country FROM observers WHERE position = 'professor' EXCEPT SELECT country FROM observers WHERE position = 'PhD student'	observatory_nights
SELECT country FROM observers WHERE position = 'professor' EXCEPT SELECT country FROM observers WHERE position = 'PhD student'	observatory_nights
SELECT title FROM proposals WHERE prop_id IN (SELECT prop_id FROM observations WHERE status = 'tech fault')	observatory_nights
SELECT T1.name FROM observers AS T1 JOIN prop_observers AS T2 ON T1.observer_id = T2.observer_id WHERE T2.role = 'PI' INTERSECT SELECT T3.name FROM observers AS T3 JOIN prop_observers AS T4 ON T3.observer_id = T4.observer_id WHERE T4.role = 'student'	observatory_nights
SELECT T1.name FROM observers AS T1 JOIN prop_observers AS T2 ON T1.observer_id = T2.observer_id WHERE T2.role = 'PI' INTERSECT SELECT T3.name FROM observers AS T3 JOIN prop_observers AS T4 ON T3.observer_id = T4.observer_id WHERE T4.role = 'student'	observatory_nights
SELECT DISTINCT T1.name FROM telescopes AS T1 JOIN insts AS T2 ON T1.tel_id = T2.tel_id JOIN observations AS T3 ON T2.inst_id = T3.inst_id JOIN targets AS T4 ON T3.tgt_id = T4.tgt_id WHERE T4.tgt_type = 'exoplanet host'	observatory_nights
SELECT DISTINCT T1.name FROM telescopes AS T1 JOIN insts AS T2 ON T1.tel_id = T2.tel_id JOIN observations AS T3 ON T2.inst_id = T3.inst_id JOIN targets AS T4 ON T3.tgt_id = T4.tgt_id WHERE T4.tgt_type = 'exoplanet host'	observatory_nights
SELECT T1.name FROM observers AS T1 JOIN observations AS T2 ON T1.observer_id = T2.observer_id WHERE T1.position = 'PhD student' AND T2.status = 'clouded out' GROUP BY T1.observer_id ORDER BY count(*) DESC LIMIT 1	observatory_nights
SELECT T1.name, avg(T2.n_exp) FROM insts AS T1 JOIN observations AS T2 ON T1.inst_id = T2.inst_id WHERE T2.status = 'done' GROUP BY T1.inst_id HAVING avg(T2.n_exp) < 5 ORDER BY avg(T2.n_exp)	observatory_nights
SELECT T1.name, avg(T2.n_exp) FROM insts AS T1 JOIN observations AS T2 ON T1.inst_id = T2.inst_id WHERE T2.status = 'done' GROUP BY T1.inst_id HAVING avg(T2.n_exp) < 5 ORDER BY avg(T2.n_exp)	observatory_nights
SELECT T1.name FROM observers AS T1 JOIN proposals AS T2 ON T1.observer_id = T2.reviewer_id WHERE T2.semester = '2025A' UNION SELECT T3.name FROM observers AS T3 JOIN proposals AS T4 ON T3.observer_id = T4.support_id WHERE T4.semester = '2025A'	observatory_nights
SELECT count(*) FROM Typeface WHERE isVariable = 1	type_foundry
SELECT count(*) FROM Typeface WHERE isVariable = 1	type_foundry
SELECT name FROM Foundry WHERE country = 'Netherlands'	type_foundry
SELECT name FROM Foundry WHERE country = 'Netherlands'	type_foundry
SELECT accountNumber FROM Client WHERE name = 'Blåbær Labs'	type_foundry
SELECT DISTINCT classification FROM Typeface WHERE medium = 'metal'	type_foundry
SELECT DISTINCT classification FROM Typeface WHERE medium = 'metal'	type_foundry
SELECT count(DISTINCT nationality) FROM Designer	type_foundry
SELECT avg(royaltyPercent) FROM TypefaceDesigner WHERE role = 'Mastering'	type_foundry
SELECT licenceCode FROM Licence WHERE expiresOn BETWEEN '2024-01-01' AND '2024-12-31'	type_foundry
SELECT licenceCode FROM Licence WHERE expiresOn BETWEEN '2024-01-01' AND '2024-12-31'	type_foundry
SELECT name FROM Foundry ORDER BY foundedYear	type_foundry
SELECT name, catalogueCode FROM Typeface WHERE scripts LIKE '%Greek%'	type_foundry
SELECT name, classification FROM Typeface WHERE releaseYear BETWEEN 1990 AND 1999	type_foundry
SELECT name, classification FROM Typeface WHERE releaseYear BETWEEN 1990 AND 1999	type_foundry
SELECT T1.name, T2.name FROM Typeface AS T1 JOIN Foundry AS T2 ON T1.foundryId = T2.foundryId WHERE T1.classification = 'Slab Serif'	type_foundry
SELECT T1.name, T2.name FROM Typeface AS T1 JOIN Foundry AS T2 ON T1.foundryId = T2.foundryId WHERE T1.classification = 'Slab Serif'	type_foundry
SELECT T1.name, T2.name FROM Typeface AS T1 JOIN Typeface AS T2 ON T1.revivalOf = T2.typefaceId	type_foundry
SELECT foundryType, count(*) FROM Foundry WHERE status = 'active' GROUP BY foundryType	type_foundry
SELECT fullName, birthYear FROM Designer ORDER BY birthYear DESC LIMIT 3	type_foundry
SELECT fullName, birthYear FROM Designer ORDER BY birthYear DESC LIMIT 3	type_foundry
SELECT T1.name FROM Typeface AS T1 JOIN TypeStyle AS T2 ON T1.typefaceId = T2.typefaceId GROUP BY T1.typefaceId HAVING count(*) >= 10	type_foundry
SELECT T1.name FROM Typeface AS T1 JOIN TypeStyle AS T2 ON T1.typefaceId = T2.typefaceId GROUP BY T1.typefaceId HAVING count(*) >= 10	type_foundry
SELECT min(priceEur), max(priceEur), avg(priceEur) FROM TypeStyle WHERE weight = 900	type_foundry
SELECT DISTINCT T1.fullName FROM Designer AS T1 JOIN TypefaceDesigner AS T2 ON T1.designerId = T2.designerId WHERE T2.role = 'Punchcutting'	type_foundry
SELECT name, closedYear - foundedYear FROM Foundry WHERE status = 'closed'	type_foundry
SELECT count(*) FROM Licence AS T1 JOIN Client AS T2 ON T1.clientId = T2.clientId WHERE T2.country = 'Germany' AND T1.status = 'active'	type_foundry
SELECT count(*) FROM Licence AS T1 JOIN Client AS T2 ON T1.clientId = T2.clientId WHERE T2.country = 'Germany' AND T1.status = 'active'	type_foundry
SELECT weight, avg(glyphCount) FROM TypeStyle GROUP BY weight	type_foundry
SELECT T1.styleName FROM TypeStyle AS T1 JOIN Typeface AS T2 ON T1.typefaceId = T2.typefaceId WHERE T2.name = 'Polder Sans' AND T1.isItalic = 1	type_foundry
SELECT T2.name FROM Typeface AS T1 JOIN Typeface AS T2 ON T1.revivalOf = T2.typefaceId GROUP BY T2.typefaceId HAVING count(*) > 1	type_foundry
SELECT T2.name FROM Typeface AS T1 JOIN Typeface AS T2 ON T1.revivalOf = T2.typefaceId GROUP BY T2.typefaceId HAVING count(*) > 1	type_foundry
SELECT licenceType, count(*) FROM Licence WHERE signedOn BETWEEN '2021-01-01' AND '2021-12-31' GROUP BY licenceType	type_foundry
SELECT licenceType, count(*) FROM Licence WHERE signedOn BETWEEN '2021-01-01' AND '2021-12-31' GROUP BY licenceType	type_foundry
SELECT name FROM Client WHERE clientId IN (SELECT clientId FROM Licence WHERE usageLimit = 'unlimited')	type_foundry
SELECT name FROM Client WHERE clientId NOT IN (SELECT clientId FROM Licence)	type_foundry
SELECT name FROM Client WHERE clientId NOT IN (SELECT clientId FROM Licence)	type_foundry
SELECT T1.fullName, T2.role FROM Designer AS T1 JOIN TypefaceDesigner AS T2 ON T1.designerId = T2.designerId JOIN Typeface AS T3 ON T2.typefaceId = T3.typefaceId WHERE T3.name = 'Moravan'	type_foundry
SELECT T1.fullName, T2.role FROM Designer AS T1 JOIN TypefaceDesigner AS T2 ON T1.designerId = T2.designerId JOIN Typeface AS T3 ON T2.typefaceId = T3.typefaceId WHERE T3.name = 'Moravan'	type_foundry
SELECT country FROM Client EXCEPT SELECT country FROM Foundry	type_foundry
SELECT T2.name FROM TypeStyle AS T1 JOIN Typeface AS T2 ON T1.typefaceId = T2.typefaceId ORDER BY T1.glyphCount DESC LIMIT 1	type_foundry
SELECT T2.name FROM TypeStyle AS T1 JOIN Typeface AS T2 ON T1.typefaceId = T2.typefaceId ORDER BY T1.glyphCount DESC LIMIT 1	type_foundry
SELECT city FROM Foundry WHERE country = 'United States' UNION SELECT city FROM Client WHERE country = 'United States'	type_foundry
SELECT DISTINCT T4.name FROM Designer AS T1 JOIN TypefaceDesigner AS T2 ON T1.designerId = T2.designerId JOIN Licence AS T3 ON T2.typefaceId = T3.typefaceId JOIN Client AS T4 ON T3.clientId = T4.clientId WHERE T1.fullName = 'Marijke de Wolff'	type_foundry
SELECT DISTINCT T4.name FROM Designer AS T1 JOIN TypefaceDesigner AS T2 ON T1.designerId = T2.designerId JOIN Licence AS T3 ON T2.typefaceId = T3.typefaceId JOIN Client AS T4 ON T3.clientId = T4.clientId WHERE T1.fullName = 'Marijke de Wolff'	type_foundry
SELECT T1.name FROM Client AS T1 JOIN Licence AS T2 ON T1.clientId = T2.clientId WHERE T2.licenceType = 'Web' INTERSECT SELECT T3.name FROM Client AS T3 JOIN Licence AS T4 ON T3.clientId = T4.clientId WHERE T4.licenceType = 'E-book'	type_foundry
SELECT T1.name FROM Client AS T1 JOIN Licence AS T2 ON T1.clientId = T2.clientId WHERE T2.licenceType = 'Web' INTERSECT SELECT T3.name FROM Client AS T3 JOIN Licence AS T4 ON T3.clientId = T4.clientId WHERE T4.licenceType = 'E-book'	type_foundry
SELECT T1.name FROM Foundry AS T1 JOIN Typeface AS T2 ON T1.foundryId = T2.foundryId JOIN Licence AS T3 ON T2.typefaceId = T3.typefaceId GROUP BY T1.foundryId ORDER BY sum(T3.feeEur) DESC LIMIT 1	type_foundry
SELECT T1.name FROM Foundry AS T1 JOIN Typeface AS T2 ON T1.foundryId = T2.foundryId JOIN Licence AS T3 ON T2.typefaceId = T3.typefaceId GROUP BY T1.foundryId ORDER BY sum(T3.feeEur) DESC LIMIT 1	type_foundry
SELECT licenceCode, feeEur FROM Licence WHERE licenceType = 'App' AND feeEur > (SELECT avg(feeEur) FROM Licence WHERE licenceType = 'App')	type_foundry
SELECT T1.fullName, T3.name, T3.releaseYear - T1.birthYear FROM Designer AS T1 JOIN TypefaceDesigner AS T2 ON T1.designerId = T2.designerId JOIN Typeface AS T3 ON T2.typefaceId = T3.typefaceId WHERE T2.role = 'Lead design' ORDER BY T3.releaseYear - T1.birthYear LIMIT 1	type_foundry

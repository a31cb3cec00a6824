CREATE TABLE tower (
    tower_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    place TEXT,
    county TEXT,
    built INTEGER,
    ground_floor BOOLEAN
);

CREATE TABLE bell (
    bell_id INTEGER PRIMARY KEY,
    tower_id INTEGER NOT NULL,
    position INTEGER,
    weight_kg INTEGER,
    note TEXT,
    cast_year INTEGER,
    founder TEXT,
    FOREIGN KEY (tower_id) REFERENCES tower (tower_id)
);

CREATE TABLE ringer (
    ringer_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    member_code TEXT,
    home_tower_id INTEGER,
    learned_year INTEGER,
    FOREIGN KEY (home_tower_id) REFERENCES tower (tower_id)
);

CREATE TABLE peal (
    peal_id INTEGER PRIMARY KEY,
    tower_id INTEGER NOT NULL,
    method TEXT,
    changes INTEGER,
    minutes INTEGER,
    rung_on DATE,
    FOREIGN KEY (tower_id) REFERENCES tower (tower_id)
);

CREATE TABLE peal_band (
    peal_id INTEGER NOT NULL,
    ringer_id INTEGER NOT NULL,
    position INTEGER,
    conductor BOOLEAN,
    PRIMARY KEY (peal_id, ringer_id),
    FOREIGN KEY (peal_id) REFERENCES peal (peal_id),
    FOREIGN KEY (ringer_id) REFERENCES ringer (ringer_id)
);

INSERT INTO tower VALUES
    (1, 'St Mary''s', 'Penmoor', 'Cornwall', 1410, 0),
    (2, 'St Piran''s', 'Trevarrow', 'Cornwall', 1475, 1),
    (3, 'All Saints', 'Ashcombe Vale', 'Devon', 1502, 0),
    (4, 'St Mary''s', 'Wendon Magna', 'Somerset', 1380, 0),
    (5, 'St Brannoc''s', 'Sandy Cleave', 'Devon', 1863, 1),
    (6, 'Jubilee Tower', 'Northquay', 'Devon', 1897, NULL);

INSERT INTO bell VALUES
    (1, 1, 1, 251, 'E', 1897, 'John Taylor'),
    (2, 1, 2, 264, 'D', 1897, 'John Taylor'),
    (3, 1, 3, 302, 'C', 1742, 'Abel Rudhall'),
    (4, 1, 4, 366, 'B', 1742, 'Abel Rudhall'),
    (5, 1, 5, 447, 'A', 1742, 'Abel Rudhall'),
    (6, 1, 6, 610, 'G', 1926, 'John Taylor'),
    (7, 2, 1, 180, 'F#', 1935, 'Mears & Stainbank'),
    (8, 2, 2, 195, 'E', 1767, 'Thomas Bilbie'),
    (9, 2, 3, 224, 'D', 1767, 'Thomas Bilbie'),
    (10, 2, 4, 287, 'C#', 1767, 'Thomas Bilbie'),
    (11, 2, 5, 355, 'B', 1771, 'Abel Rudhall'),
    (12, 3, 1, 231, 'E', 1951, 'Mears & Stainbank'),
    (13, 3, 2, 279, 'D', 1689, 'Thomas Purdue'),
    (14, 3, 3, 340, 'C', NULL, NULL),
    (15, 3, 4, 418, 'B', 1689, 'Thomas Purdue'),
    (16, 4, 1, 318, 'D', 1911, 'John Taylor'),
    (17, 4, 2, 344, 'C', 1911, 'John Taylor'),
    (18, 4, 3, 402, 'Bb', 1758, 'Thomas Bilbie'),
    (19, 4, 4, 493, 'A', 1758, 'Thomas Bilbie'),
    (20, 4, 5, 588, 'G', 1911, 'John Taylor'),
    (21, 4, 6, 865, 'F', NULL, NULL),
    (22, 5, 1, 152, 'A', 1864, 'Mears & Stainbank');

INSERT INTO ringer VALUES
    (1, 'Tamsin Pascoe', 'CW-0142', 1, 1998),
    (2, 'Jory Nance', 'CW-0097', 1, 1994),
    (3, 'Demelza O''Connor', 'CW-0311', 2, 2011),
    (4, 'Hervé Le Goff', NULL, 2, 2016),
    (5, 'Ruth Endacott', 'DV-0023', 3, 1987),
    (6, 'Owen Endacott', 'DV-0405', 3, 2014),
    (7, 'Françoise Tremayne', 'CW-0268', 2, 2009),
    (8, 'Sam D''Souza', 'so-0019', 4, 2019),
    (9, 'Bryony Hext', 'DV-0190', NULL, 2003),
    (10, 'Noé Garcia-Bright', NULL, 4, 2022);

INSERT INTO peal VALUES
    (1, 2, 'Grandsire Doubles', 1260, 42, '2022-05-07'),
    (2, 2, 'Plain Bob Doubles', 1260, 44, '2023-06-10'),
    (3, 2, 'Grandsire Doubles', 1320, 47, '2024-09-14'),
    (4, 3, 'Plain Bob Minimus', 720, 25, '2022-08-20'),
    (5, 3, 'Double Bob Minimus', 1272, NULL, '2024-04-06'),
    (6, 1, 'Plain Bob Minor', 1296, 48, '2023-01-01'),
    (7, 4, 'Cambridge Surprise Minor', 1440, 55, '2024-12-31');

INSERT INTO peal_band VALUES
    (1, 3, 1, 0),
    (1, 7, 2, 0),
    (1, 4, 3, 0),
    (1, 1, 4, 1),
    (1, 9, 5, 0),
    (2, 4, 1, 0),
    (2, 3, 2, 0),
    (2, 9, 3, 0),
    (2, 1, 4, 0),
    (2, 7, 5, 1),
    (3, 3, 1, 0),
    (3, 9, 2, 0),
    (3, 1, 3, 1),
    (3, 4, 4, 0),
    (3, 2, 5, 0),
    (4, 6, 1, 0),
    (4, 5, 2, 1),
    (4, 1, 3, 0),
    (4, 9, 4, 0),
    (5, 6, 1, 0),
    (5, 9, 2, 0),
    (5, 5, 3, 1),
    (5, 2, 4, 0),
    (6, 2, 1, 0),
    (6, 6, 2, 0),
    (6, 9, 3, 0),
    (6, 5, 4, 0),
    (6, 7, 5, 0),
    (6, 1, 6, 1),
    (7, 1, 6, 0),
    (7, 2, 3, 0),
    (7, 3, 2, 0),
    (7, 5, 4, 0),
    (7, 8, 1, 0),
    (7, 9, 5, 1);

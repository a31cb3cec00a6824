CREATE TABLE Members (
    Member_ID INTEGER PRIMARY KEY,
    Name TEXT NOT NULL,
    Village TEXT,
    Joined DATE,
    Email TEXT
);

CREATE TABLE Varieties (
    Variety_ID INTEGER PRIMARY KEY,
    Name TEXT NOT NULL,
    Species TEXT,
    Days_To_Harvest INTEGER,
    Heirloom BOOLEAN,
    Origin TEXT
);

CREATE TABLE Packets (
    Packet_Code TEXT PRIMARY KEY,
    Variety_ID INTEGER NOT NULL,
    Donor_ID INTEGER,
    Harvest_Year INTEGER,
    Seeds INTEGER,
    Germination_Pct REAL,
    FOREIGN KEY (Variety_ID) REFERENCES Varieties (Variety_ID),
    FOREIGN KEY (Donor_ID) REFERENCES Members (Member_ID)
);

CREATE TABLE Loans (
    Member_ID INTEGER NOT NULL,
    Packet_Code TEXT NOT NULL,
    Loan_Date DATE,
    Seeds INTEGER,
    Return_Date DATE,
    PRIMARY KEY (Member_ID, Packet_Code),
    FOREIGN KEY (Member_ID) REFERENCES Members (Member_ID),
    FOREIGN KEY (Packet_Code) REFERENCES Packets (Packet_Code)
);

INSERT INTO Members VALUES
    (1, 'Aoife O''Brien', 'Kilfenora', '2018-03-11', 'aoife.obrien@seeds.example'),
    (2, 'Zoë D''Arcy', 'Corofin', '2018-04-02', NULL),
    (3, 'José Núñez', 'Lisdoonvarna', '2019-02-17', 'jose@seeds.example'),
    (4, 'Maeve Lynch', 'Kilfenora', '2019-09-30', 'maeve.l@seeds.example'),
    (5, 'Piotr Wiśniewski', 'Ballyvaughan', '2020-01-25', 'piotr.w@mail.example'),
    (6, 'Siobhán Keane', 'Corofin', '2020-06-14', NULL),
    (7, 'Hannah van der Berg', 'Kilfenora', '2021-03-08', 'hannah@mail.example'),
    (8, 'Ciarán McMahon', 'Lisdoonvarna', '2021-10-19', NULL),
    (9, 'Priya Nair', 'Kilfenora', '2022-02-05', 'priya.nair@seeds.example'),
    (10, 'Úna O''Dea', 'Ballyvaughan', '2022-05-21', 'una@seeds.example'),
    (11, 'Georg Müller', 'Tubber', '2023-01-15', 'georg.m@mail.example'),
    (12, 'Declan Burke', 'Corofin', '2023-08-27', 'declan@mail.example');

INSERT INTO Varieties VALUES
    (1, 'Brandywine', 'tomato', 85, 'T', 'United States'),
    (2, 'Black Krim', 'tomato', 80, 'T', 'Ukraine'),
    (3, 'Sungold', 'tomato', 57, 'F', 'Japan'),
    (4, 'Painted Lady', 'bean', 75, 'T', 'England'),
    (5, 'Cherokee Trail of Tears', 'bean', 72, 'T', 'United States'),
    (6, 'Lollo Rossa', 'lettuce', 53, 'F', 'Italy'),
    (7, 'Merveille des Quatre Saisons', 'lettuce', 54, 'T', 'France'),
    (8, 'Delaway', 'kale', 60, 'T', 'Ireland'),
    (9, 'Nero di Toscana', 'kale', 62, 'T', 'Italy'),
    (10, 'Bull''s Blood', 'beetroot', 65, 'T', NULL),
    (11, 'Alderman', 'pea', 78, 'T', 'England'),
    (12, 'Crimson-Flowered', 'broad bean', 95, 'T', 'England');

INSERT INTO Packets VALUES
    ('TOM-01', 1, 1, 2021, 40, 88.5),
    ('TOM-02', 1, 3, 2023, 25, 92.0),
    ('TOM-03', 2, 3, 2022, 30, 81.0),
    ('TOM-04', 3, NULL, 2023, 12, 95.5),
    ('TOM-05', 2, 9, 2024, 35, NULL),
    ('BEA-01', 4, 1, 2022, 60, 90.0),
    ('BEA-02', 4, 4, 2024, 45, NULL),
    ('BEA-03', 5, 5, 2023, 50, 94.0),
    ('LET-01', 6, 2, 2021, 200, 61.5),
    ('LET-02', 7, 2, 2022, 180, 70.0),
    ('LET-03', 7, 7, 2024, 150, 84.0),
    ('KAL-01', 8, 1, 2023, 120, 91.5),
    ('KAL-02', 8, 6, 2024, 90, 96.0),
    ('KAL-03', 9, 10, 2024, 110, NULL),
    ('BEE-01', 10, 4, 2022, 75, 77.5),
    ('BRB-01', 12, 5, 2023, 20, 89.0),
    ('BRB-02', 12, NULL, 2024, 18, 93.0);

INSERT INTO Loans VALUES
    (1, 'LET-01', '2022-03-05', 20, '2022-09-30'),
    (1, 'TOM-03', '2023-02-18', 6, '2023-10-02'),
    (1, 'BEA-03', '2024-03-02', 10, NULL),
    (2, 'TOM-01', '2022-02-20', 8, '2022-10-15'),
    (2, 'KAL-01', '2024-02-11', 15, NULL),
    (2, 'KAL-02', '2025-03-01', 12, NULL),
    (3, 'BEA-01', '2023-03-12', 12, '2023-11-01'),
    (3, 'LET-02', '2023-03-12', 30, NULL),
    (3, 'BRB-01', '2024-02-25', 6, '2024-10-20'),
    (3, 'KAL-01', '2024-02-25', 10, '2024-11-05'),
    (3, 'TOM-05', '2025-02-22', 7, NULL),
    (4, 'TOM-01', '2022-02-26', 6, '2022-11-12'),
    (4, 'TOM-02', '2024-02-17', 5, NULL),
    (5, 'TOM-01', '2022-03-19', 5, NULL),
    (5, 'BEA-01', '2023-04-01', 15, '2023-10-28'),
    (5, 'LET-02', '2023-03-25', 25, '2023-09-09'),
    (7, 'TOM-03', '2023-02-25', 8, '2023-11-18'),
    (7, 'BEE-01', '2023-04-15', 20, '2023-12-02'),
    (8, 'KAL-01', '2024-03-09', 12, NULL),
    (9, 'LET-01', '2022-03-26', 25, '2022-10-01'),
    (9, 'BEA-01', '2023-03-18', 8, '2023-10-10'),
    (9, 'TOM-02', '2024-02-24', 4, '2024-10-30'),
    (9, 'BEA-03', '2024-03-16', 10, NULL),
    (10, 'TOM-03', '2023-03-04', 5, '2023-10-21'),
    (10, 'BRB-01', '2024-03-02', 4, NULL);

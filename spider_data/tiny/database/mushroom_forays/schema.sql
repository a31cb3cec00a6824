CREATE TABLE Forager (
    ForagerID INTEGER PRIMARY KEY,
    Name TEXT NOT NULL,
    Town TEXT,
    Years INTEGER,
    Phone TEXT
);

CREATE TABLE Species (
    SpeciesCode TEXT PRIMARY KEY,
    LatinName TEXT NOT NULL,
    CommonName TEXT,
    Family TEXT,
    Edibility TEXT
);

CREATE TABLE Foray (
    ForayID INTEGER PRIMARY KEY,
    Wood TEXT,
    ForayDate DATE,
    LeaderID INTEGER,
    RainMM REAL,
    FOREIGN KEY (LeaderID) REFERENCES Forager (ForagerID)
);

CREATE TABLE Finding (
    ForayID INTEGER NOT NULL,
    SpeciesCode TEXT NOT NULL,
    ForagerID INTEGER NOT NULL,
    Quantity INTEGER,
    WeightG INTEGER,
    PRIMARY KEY (ForayID, SpeciesCode, ForagerID),
    FOREIGN KEY (ForayID) REFERENCES Foray (ForayID),
    FOREIGN KEY (SpeciesCode) REFERENCES Species (SpeciesCode),
    FOREIGN KEY (ForagerID) REFERENCES Forager (ForagerID)
);

INSERT INTO Forager VALUES
    (1, 'Gwen O''Leary', 'Coleford', 22, '01594 000101'),
    (2, 'Étienne Morel', 'Lydney', 4, NULL),
    (3, 'Marta Sokołowska', 'Ross', 15, '01989 000117'),
    (4, 'Dafydd Rees', 'Coleford', 31, '01594 000133'),
    (5, 'Ivy Clutterbuck', 'Newnham', 1, NULL),
    (6, 'Anton d''Abo', 'Lydney', 9, '01594 000148'),
    (7, 'Søren Holm', 'Ross', 6, NULL),
    (8, 'Kezia Baker', 'Coleford', 2, '01594 000152');

INSERT INTO Species VALUES
    ('BOL-EDU', 'Boletus edulis', 'penny bun', 'Boletaceae', 'edible'),
    ('CAN-CIB', 'Cantharellus cibarius', 'chanterelle', 'Cantharellaceae', 'edible'),
    ('CRA-COR', 'Craterellus cornucopioides', 'horn of plenty', 'Cantharellaceae', 'edible'),
    ('AMA-PHA', 'Amanita phalloides', 'death cap', 'Amanitaceae', 'deadly'),
    ('AMA-MUS', 'Amanita muscaria', 'fly agaric', 'Amanitaceae', 'poisonous'),
    ('LAC-DEL', 'Lactarius deliciosus', 'saffron milkcap', 'Russulaceae', 'edible'),
    ('RUS-EME', 'Russula emetica', 'the sickener', 'Russulaceae', 'poisonous'),
    ('RUS-CYA', 'Russula cyanoxantha', 'charcoal burner', 'Russulaceae', 'edible'),
    ('GAN-APP', 'Ganoderma applanatum', 'artist''s bracket', 'Ganodermataceae', 'inedible'),
    ('COR-ELE', 'Cortinarius elegantior', NULL, 'Cortinariaceae', 'inedible'),
    ('HYD-REP', 'Hydnum repandum', 'wood hedgehog', 'Hydnaceae', 'edible'),
    ('MOR-ESC', 'Morchella esculenta', 'morel', 'Morchellaceae', 'edible');

INSERT INTO Foray VALUES
    (1, 'Nagshead', '2023-09-16', 1, 12.5),
    (2, 'Cadora Woods', '2023-09-30', 4, 3.0),
    (3, 'Nagshead', '2023-10-14', 1, 20.5),
    (4, 'Welshbury', '2023-10-28', 3, NULL),
    (5, 'Cadora Woods', '2024-09-21', 1, 8.0),
    (6, 'Bishop''s Wood', '2024-10-05', 4, 15.5),
    (7, 'Bishop''s Wood', '2024-11-02', 6, 0.5);

INSERT INTO Finding VALUES
    (1, 'BOL-EDU', 1, 3, 540),
    (1, 'BOL-EDU', 2, 1, 160),
    (1, 'RUS-EME', 5, 4, NULL),
    (1, 'CAN-CIB', 3, 18, 210),
    (2, 'AMA-PHA', 4, 2, NULL),
    (2, 'BOL-EDU', 6, 2, 395),
    (2, 'GAN-APP', 4, 1, NULL),
    (3, 'BOL-EDU', 4, 5, 870),
    (3, 'CAN-CIB', 1, 25, 330),
    (3, 'AMA-MUS', 8, 7, NULL),
    (3, 'HYD-REP', 7, 6, 185),
    (3, 'LAC-DEL', 3, 4, 150),
    (3, 'RUS-CYA', 2, 3, 95),
    (4, 'CRA-COR', 3, 40, 260),
    (4, 'HYD-REP', 6, 9, 270),
    (4, 'COR-ELE', 1, 2, NULL),
    (5, 'CAN-CIB', 1, 30, 415),
    (5, 'CAN-CIB', 7, 12, 150),
    (5, 'RUS-EME', 2, 2, NULL),
    (5, 'AMA-MUS', 5, 3, NULL),
    (6, 'BOL-EDU', 4, 4, 705),
    (6, 'AMA-PHA', 3, 1, NULL),
    (6, 'CAN-CIB', 3, 9, 100),
    (6, 'GAN-APP', 8, 2, NULL),
    (7, 'CRA-COR', 6, 22, 140),
    (7, 'AMA-PHA', 6, 3, NULL),
    (7, 'HYD-REP', 7, 5, 160);

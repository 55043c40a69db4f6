-- A small shop. Everyone in it is made up, every address ends in example.com or example.org, and the card numbers are
-- those that payment providers publish for testing.

CREATE TABLE customers (
  id integer PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  phone text,
  city text NOT NULL,
  country char(2) NOT NULL,
  joined_on date NOT NULL
);

CREATE TABLE cards (
  id integer PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customers,
  brand text NOT NULL,
  card_number text NOT NULL,
  expires_on date NOT NULL
);

CREATE TABLE products (
  id integer PRIMARY KEY,
  sku text NOT NULL UNIQUE,
  name text NOT NULL,
  price numeric(10, 2) NOT NULL CHECK (price > 0),
  in_stock integer NOT NULL CHECK (in_stock >= 0)
);

CREATE TABLE orders (
  id integer PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customers,
  status text NOT NULL CHECK (status IN ('paid', 'shipped', 'delivered', 'refunded', 'cancelled')),
  placed_at timestamptz NOT NULL DEFAULT now(),
  note text
);

CREATE TABLE order_items (
  order_id integer NOT NULL REFERENCES orders ON DELETE CASCADE,
  product_id integer NOT NULL REFERENCES products,
  quantity integer NOT NULL CHECK (quantity > 0),
  unit_price numeric(10, 2) NOT NULL,
  PRIMARY KEY (order_id, product_id)
);

CREATE TABLE payments (
  order_id integer PRIMARY KEY REFERENCES orders,
  card_id integer NOT NULL REFERENCES cards,
  amount numeric(10, 2) NOT NULL,
  paid_at timestamptz NOT NULL
);

-- What an agent may write down on its own.
CREATE TABLE agent_notes (
  order_id integer NOT NULL REFERENCES orders,
  note text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, written_at)
);

INSERT INTO customers (id, name, email, phone, city, country, joined_on) VALUES
  (1, 'Priya Raman', 'priya.raman@example.com', '+44 20 7946 0018', 'London', 'GB', '2024-02-28'),
  (2, 'Mateo Álvarez', 'mateo.alvarez@example.org', '+34 910 555 042', 'Madrid', 'ES', '2024-03-28'),
  (3, 'Hannah Lindqvist', 'hannah.lindqvist@example.com', '+46 8 555 0142', 'Stockholm', 'SE', '2024-04-13'),
  (4, 'Tomasz Nowak', 't.nowak@example.org', '+48 22 555 01 73', 'Warsaw', 'PL', '2024-05-19'),
  (5, 'Aoife Brennan', 'aoife.brennan@example.com', '+353 1 555 0199', 'Dublin', 'IE', '2024-05-30'),
  (6, 'Kenji Watanabe', 'kenji.watanabe@example.com', '+81 3 5550 0137', 'Tokyo', 'JP', '2024-07-01'),
  (7, 'Leila Haddad', 'leila.haddad@example.org', '+33 1 55 50 01 24', 'Paris', 'FR', '2024-08-06'),
  (8, 'Marcus Okafor', 'marcus.okafor@example.com', '+44 161 496 0345', 'Manchester', 'GB', '2024-08-17'),
  (9, 'Sofia Rossi', 'sofia.rossi@example.com', '+39 06 5555 0117', 'Rome', 'IT', '2024-09-21'),
  (10, 'Jonas Weber', 'jonas.weber@example.org', '+49 30 5550 0161', 'Berlin', 'DE', '2024-10-22'),
  (11, 'Camille Dubois', 'camille.dubois@example.com', '+33 4 55 50 01 88', 'Lyon', 'FR', '2024-11-20'),
  (12, 'Daniel Hughes', 'dan.hughes@example.com', '+44 29 2018 0457', 'Cardiff', 'GB', '2024-12-18'),
  (13, 'Ines Carvalho', 'ines.carvalho@example.org', '+351 21 555 0130', 'Lisbon', 'PT', '2025-01-15'),
  (14, 'Nathan Cole', 'nathan.cole@example.com', '+1 312 555 0126', 'Chicago', 'US', '2025-02-17'),
  (15, 'Yusuf Demir', 'yusuf.demir@example.com', '+90 212 555 01 09', 'Istanbul', 'TR', '2025-03-16'),
  (16, 'Elena Petrova', 'elena.petrova@example.org', '+359 2 555 0155', 'Sofia', 'BG', '2025-04-01'),
  (17, 'Oskar Jensen', 'oskar.jensen@example.com', '+45 35 55 01 12', 'Copenhagen', 'DK', '2025-04-27'),
  (18, 'Grace Kim', 'grace.kim@example.com', '+1 415 555 0171', 'San Francisco', 'US', '2025-05-27'),
  (19, 'Lucas Moreau', 'lucas.moreau@example.org', '+32 2 555 01 44', 'Brussels', 'BE', '2025-06-26'),
  (20, 'Amara Diallo', 'amara.diallo@example.com', '+33 5 55 50 01 06', 'Bordeaux', 'FR', '2025-07-13'),
  (21, 'Ruben de Vries', 'ruben.devries@example.com', '+31 20 555 0184', 'Amsterdam', 'NL', '2025-08-06'),
  (22, 'Clara Schmidt', 'clara.schmidt@example.org', '+49 89 5550 0127', 'Munich', 'DE', '2025-08-26'),
  (23, 'Owen Gallagher', 'owen.gallagher@example.com', '+353 21 555 0163', 'Cork', 'IE', '2025-09-06'),
  (24, 'Mei Tanaka', 'mei.tanaka@example.com', '+81 6 5550 0192', 'Osaka', 'JP', '2025-10-06');

INSERT INTO cards (id, customer_id, brand, card_number, expires_on) VALUES
  (1, 1, 'visa', '4242424242424242', '2027-09-01'),
  (2, 2, 'mastercard', '5555555555554444', '2028-06-01'),
  (3, 3, 'visa', '4111111111111111', '2027-04-01'),
  (4, 4, 'amex', '378282246310005', '2027-03-01'),
  (5, 5, 'visa', '4000056655665556', '2029-06-01'),
  (6, 6, 'jcb', '3566002020360505', '2027-11-01'),
  (7, 7, 'mastercard', '2223003122003222', '2028-08-01'),
  (8, 8, 'visa', '4012888888881881', '2029-07-01'),
  (9, 9, 'mastercard', '5200828282828210', '2027-04-01'),
  (10, 10, 'visa', '4242424242424242', '2029-02-01'),
  (11, 11, 'mastercard', '5105105105105100', '2030-12-01'),
  (12, 12, 'discover', '6011111111111117', '2030-04-01'),
  (13, 13, 'visa', '4111111111111111', '2029-06-01'),
  (14, 14, 'amex', '371449635398431', '2028-07-01'),
  (15, 15, 'mastercard', '5555555555554444', '2030-09-01'),
  (16, 16, 'visa', '4000056655665556', '2029-02-01'),
  (17, 17, 'diners', '30569309025904', '2030-02-01'),
  (18, 18, 'discover', '6011000990139424', '2030-01-01'),
  (19, 19, 'visa', '4012888888881881', '2029-10-01'),
  (20, 20, 'mastercard', '2223003122003222', '2028-09-01'),
  (21, 21, 'visa', '4242424242424242', '2027-07-01'),
  (22, 22, 'diners', '38520000023237', '2030-03-01'),
  (23, 23, 'mastercard', '5200828282828210', '2029-02-01'),
  (24, 24, 'jcb', '3566002020360505', '2029-07-01');

INSERT INTO products (id, sku, name, price, in_stock) VALUES
  (1, 'TEA-ASSAM-250', 'Assam breakfast tea, 250 g', 9.50, 140),
  (2, 'TEA-SENCHA-100', 'Sencha green tea, 100 g', 12.00, 86),
  (3, 'TEA-CHAI-200', 'Masala chai blend, 200 g', 10.80, 120),
  (4, 'COF-ETH-500', 'Ethiopia Sidamo beans, 500 g', 16.90, 64),
  (5, 'COF-COL-500', 'Colombia Huila beans, 500 g', 15.40, 71),
  (6, 'COF-DECAF-250', 'Decaf espresso beans, 250 g', 9.90, 38),
  (7, 'MUG-STONE-35', 'Stoneware mug, 35 cl', 18.00, 45),
  (8, 'CUP-ESP-2', 'Espresso cups, set of two', 24.00, 27),
  (9, 'POT-CAST-08', 'Cast iron teapot, 0.8 l', 64.00, 12),
  (10, 'POT-GLASS-12', 'Glass teapot, 1.2 l', 39.00, 19),
  (11, 'KET-GOOSE-09', 'Gooseneck kettle, 0.9 l', 79.00, 9),
  (12, 'GRD-HAND-01', 'Hand grinder, steel burrs', 89.00, 14),
  (13, 'FLT-PAPER-100', 'Paper filters, pack of 100', 5.20, 310),
  (14, 'SCL-BREW-01', 'Brewing scale with timer', 45.00, 22),
  (15, 'TIN-TEA-S', 'Tea tin, small', 7.50, 95),
  (16, 'WSK-MATCHA', 'Bamboo matcha whisk', 21.00, 33);

INSERT INTO orders (id, customer_id, status, placed_at, note) VALUES
  (1001, 16, 'delivered', '2026-08-05 07:59+00', NULL),
  (1002, 24, 'delivered', '2026-08-07 06:23+00', NULL),
  (1003, 7, 'delivered', '2026-08-08 14:11+00', NULL),
  (1004, 19, 'delivered', '2026-08-11 04:51+00', NULL),
  (1005, 19, 'delivered', '2026-08-11 21:36+00', NULL),
  (1006, 9, 'delivered', '2026-08-13 23:38+00', NULL),
  (1007, 20, 'delivered', '2026-08-14 12:48+00', 'Please ring the bell twice.'),
  (1008, 3, 'delivered', '2026-08-15 21:16+00', NULL),
  (1009, 19, 'delivered', '2026-08-17 14:35+00', NULL),
  (1010, 7, 'delivered', '2026-08-19 20:47+00', NULL),
  (1011, 13, 'delivered', '2026-08-21 17:26+00', NULL),
  (1012, 22, 'cancelled', '2026-08-24 10:26+00', NULL),
  (1013, 22, 'refunded', '2026-08-25 00:37+00', 'Invoice to accounts@studio-nord.example.com, thank you.'),
  (1014, 24, 'delivered', '2026-08-25 13:56+00', NULL),
  (1015, 21, 'delivered', '2026-08-28 06:50+00', NULL),
  (1016, 20, 'delivered', '2026-08-30 19:56+00', NULL),
  (1017, 10, 'delivered', '2026-09-01 23:02+00', NULL),
  (1018, 22, 'cancelled', '2026-09-04 03:44+00', NULL),
  (1019, 22, 'delivered', '2026-09-06 12:53+00', 'Leave with the neighbour at number 12.'),
  (1020, 11, 'delivered', '2026-09-08 11:16+00', NULL),
  (1021, 23, 'cancelled', '2026-09-11 05:17+00', NULL),
  (1022, 24, 'delivered', '2026-09-13 15:46+00', NULL),
  (1023, 5, 'delivered', '2026-09-15 23:33+00', NULL),
  (1024, 4, 'delivered', '2026-09-18 14:33+00', NULL),
  (1025, 2, 'delivered', '2026-09-20 18:59+00', NULL),
  (1026, 2, 'delivered', '2026-09-21 12:14+00', 'Gift: no price on the slip, please.'),
  (1027, 8, 'delivered', '2026-09-23 19:27+00', NULL),
  (1028, 17, 'refunded', '2026-09-25 11:52+00', NULL),
  (1029, 23, 'cancelled', '2026-09-26 09:26+00', NULL),
  (1030, 17, 'delivered', '2026-09-28 13:42+00', NULL),
  (1031, 3, 'delivered', '2026-10-01 12:28+00', 'Questions to hannah.work@example.org during the day.'),
  (1032, 24, 'refunded', '2026-10-03 23:30+00', NULL),
  (1033, 3, 'delivered', '2026-10-05 18:07+00', NULL),
  (1034, 3, 'delivered', '2026-10-08 07:54+00', NULL),
  (1035, 15, 'delivered', '2026-10-10 13:33+00', NULL),
  (1036, 12, 'delivered', '2026-10-12 21:07+00', NULL),
  (1037, 17, 'delivered', '2026-10-15 07:16+00', NULL),
  (1038, 2, 'delivered', '2026-10-17 16:36+00', NULL),
  (1039, 16, 'delivered', '2026-10-20 03:34+00', NULL),
  (1040, 22, 'shipped', '2026-10-20 15:10+00', NULL),
  (1041, 11, 'shipped', '2026-10-23 03:45+00', NULL),
  (1042, 1, 'delivered', '2026-10-23 13:30+00', 'The lid arrived cracked, see the photos. Reach me at priya.home@example.org.'),
  (1043, 6, 'shipped', '2026-10-24 15:36+00', NULL),
  (1044, 5, 'paid', '2026-10-25 08:10+00', NULL),
  (1045, 16, 'paid', '2026-10-26 14:20+00', NULL),
  (1046, 13, 'paid', '2026-10-27 09:38+00', NULL),
  (1047, 6, 'paid', '2026-10-29 14:17+00', NULL),
  (1048, 20, 'paid', '2026-11-01 04:38+00', NULL);

INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES
  (1001, 7, 1, 18.00), (1001, 8, 1, 24.00), (1001, 13, 1, 5.20), (1002, 8, 1, 24.00),
  (1002, 10, 2, 39.00), (1003, 15, 2, 7.50), (1004, 3, 1, 10.80), (1004, 13, 2, 5.20),
  (1004, 14, 1, 45.00), (1005, 2, 2, 12.00), (1006, 8, 1, 24.00), (1006, 11, 1, 79.00),
  (1007, 5, 1, 15.40), (1007, 8, 1, 24.00), (1008, 2, 1, 12.00), (1008, 4, 1, 16.90),
  (1008, 11, 2, 79.00), (1009, 4, 2, 16.90), (1009, 7, 1, 18.00), (1010, 6, 1, 9.90),
  (1011, 1, 1, 9.50), (1011, 16, 1, 21.00), (1012, 2, 1, 12.00), (1012, 3, 1, 10.80),
  (1013, 4, 1, 16.90), (1013, 5, 1, 15.40), (1013, 13, 1, 5.20), (1014, 9, 2, 64.00),
  (1014, 11, 1, 79.00), (1015, 14, 1, 45.00), (1015, 16, 1, 21.00), (1016, 10, 1, 39.00),
  (1016, 13, 2, 5.20), (1017, 2, 1, 12.00), (1017, 13, 1, 5.20), (1018, 5, 2, 15.40),
  (1018, 13, 1, 5.20), (1019, 15, 1, 7.50), (1020, 9, 2, 64.00), (1021, 3, 1, 10.80),
  (1022, 4, 1, 16.90), (1022, 8, 2, 24.00), (1022, 10, 1, 39.00), (1023, 4, 2, 16.90),
  (1023, 6, 2, 9.90), (1024, 2, 1, 12.00), (1024, 14, 1, 45.00), (1025, 8, 1, 24.00),
  (1025, 12, 1, 89.00), (1026, 4, 2, 16.90), (1027, 3, 1, 10.80), (1027, 8, 1, 24.00),
  (1027, 11, 1, 79.00), (1028, 5, 1, 15.40), (1028, 8, 2, 24.00), (1029, 5, 1, 15.40),
  (1029, 8, 2, 24.00), (1030, 4, 1, 16.90), (1031, 3, 2, 10.80), (1031, 7, 1, 18.00),
  (1032, 9, 1, 64.00), (1033, 3, 1, 10.80), (1033, 5, 1, 15.40), (1033, 9, 2, 64.00),
  (1034, 2, 1, 12.00), (1034, 11, 1, 79.00), (1034, 15, 1, 7.50), (1035, 7, 2, 18.00),
  (1035, 14, 1, 45.00), (1036, 15, 2, 7.50), (1037, 7, 1, 18.00), (1037, 13, 1, 5.20),
  (1038, 12, 1, 89.00), (1039, 3, 1, 10.80), (1039, 8, 1, 24.00), (1040, 2, 2, 12.00),
  (1040, 8, 1, 24.00), (1040, 14, 1, 45.00), (1041, 16, 2, 21.00), (1042, 9, 1, 64.00),
  (1042, 1, 2, 9.50), (1043, 1, 1, 9.50), (1044, 4, 2, 16.90), (1045, 3, 1, 10.80),
  (1045, 4, 1, 16.90), (1045, 13, 1, 5.20), (1046, 1, 1, 9.50), (1047, 4, 1, 16.90),
  (1047, 8, 2, 24.00), (1047, 15, 1, 7.50), (1048, 4, 2, 16.90), (1048, 5, 1, 15.40);

INSERT INTO payments (order_id, card_id, amount, paid_at) VALUES
  (1001, 16, 47.20, '2026-08-05 08:04+00'), (1002, 24, 102.00, '2026-08-07 06:28+00'),
  (1003, 7, 15.00, '2026-08-08 14:13+00'), (1004, 19, 66.20, '2026-08-11 04:57+00'),
  (1005, 19, 24.00, '2026-08-11 21:42+00'), (1006, 9, 103.00, '2026-08-13 23:40+00'),
  (1007, 20, 39.40, '2026-08-14 12:53+00'), (1008, 3, 186.90, '2026-08-15 21:22+00'),
  (1009, 19, 51.80, '2026-08-17 14:41+00'), (1010, 7, 9.90, '2026-08-19 20:53+00'),
  (1011, 13, 30.50, '2026-08-21 17:32+00'), (1013, 22, 37.50, '2026-08-25 00:40+00'),
  (1014, 24, 207.00, '2026-08-25 13:59+00'), (1015, 21, 66.00, '2026-08-28 06:55+00'),
  (1016, 20, 49.40, '2026-08-30 19:57+00'), (1017, 10, 17.20, '2026-09-01 23:03+00'),
  (1019, 22, 7.50, '2026-09-06 12:58+00'), (1020, 11, 128.00, '2026-09-08 11:18+00'),
  (1022, 24, 103.90, '2026-09-13 15:52+00'), (1023, 5, 53.60, '2026-09-15 23:35+00'),
  (1024, 4, 57.00, '2026-09-18 14:35+00'), (1025, 2, 113.00, '2026-09-20 19:04+00'),
  (1026, 2, 33.80, '2026-09-21 12:15+00'), (1027, 8, 113.80, '2026-09-23 19:28+00'),
  (1028, 17, 63.40, '2026-09-25 11:57+00'), (1030, 17, 16.90, '2026-09-28 13:43+00'),
  (1031, 3, 39.60, '2026-10-01 12:34+00'), (1032, 24, 64.00, '2026-10-03 23:32+00'),
  (1033, 3, 154.20, '2026-10-05 18:13+00'), (1034, 3, 98.50, '2026-10-08 07:58+00'),
  (1035, 15, 81.00, '2026-10-10 13:38+00'), (1036, 12, 15.00, '2026-10-12 21:10+00'),
  (1037, 17, 23.20, '2026-10-15 07:18+00'), (1038, 2, 89.00, '2026-10-17 16:41+00'),
  (1039, 16, 34.80, '2026-10-20 03:38+00'), (1040, 22, 93.00, '2026-10-20 15:16+00'),
  (1041, 11, 42.00, '2026-10-23 03:50+00'), (1042, 1, 83.00, '2026-10-23 13:31+00'),
  (1043, 6, 9.50, '2026-10-24 15:42+00'), (1044, 5, 33.80, '2026-10-25 08:14+00'),
  (1045, 16, 32.90, '2026-10-26 14:22+00'), (1046, 13, 9.50, '2026-10-27 09:41+00'),
  (1047, 6, 72.40, '2026-10-29 14:21+00'), (1048, 20, 49.20, '2026-11-01 04:39+00');

INSERT INTO agent_notes (order_id, note, written_at) VALUES
  (1006, 'Asked whether the kettle can be swapped for the matte one. Told: yes, within 30 days.', '2026-08-20 09:12+00'),
  (1028, 'Cups arrived without the gift box. Refund agreed with Marcus.', '2026-10-01 14:40+00'),
  (1040, 'Wants to know when the parcel leaves the depot.', '2026-10-22 08:05+00');

CREATE VIEW open_orders AS
  SELECT o.id, c.name AS customer, c.email, o.status, o.placed_at
  FROM orders o JOIN customers c ON c.id = o.customer_id
  WHERE o.status IN ('paid', 'shipped');

-- Every change of an order's status leaves a line here, whoever makes it.
CREATE TABLE order_history (
  order_id integer NOT NULL,
  old_status text NOT NULL,
  new_status text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION record_status_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO order_history (order_id, old_status, new_status) VALUES (OLD.id, OLD.status, NEW.status);
  RETURN NEW;
END
$$;

CREATE TRIGGER order_status_changed AFTER UPDATE OF status ON orders
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION record_status_change();

ANALYZE;

CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, ssn text NOT NULL, email text NOT NULL);
INSERT INTO customers VALUES (1, 'Ada', '078-05-1120', 'ada@example.com'), (2, 'Ben', '219-09-9999', 'ben@example.com');
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, status text NOT NULL);
INSERT INTO orders VALUES (1042, 1, 'paid'), (1043, 2, 'paid');
CREATE TABLE refunds (order_id integer PRIMARY KEY);
CREATE TABLE notes (id integer GENERATED ALWAYS AS IDENTITY, body text NOT NULL);
CREATE TABLE urgent (body text NOT NULL);

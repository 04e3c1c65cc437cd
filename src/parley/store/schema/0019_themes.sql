-- In which colours a seat is drawn: system, day, night or contrast. It goes with the seat and not with
-- the person, since it is the room that is dark. Without one, the browser's own choice decides.
ALTER TABLE seats ADD COLUMN theme TEXT;

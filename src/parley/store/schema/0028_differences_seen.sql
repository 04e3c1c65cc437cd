-- In how many critical elements an official translation differed from its original when its
-- interpreter said to have seen that, and kept it so. Of what was kept before nothing was noted.
ALTER TABLE translations ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;

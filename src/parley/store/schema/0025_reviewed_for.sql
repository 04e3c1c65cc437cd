-- A review may be made by a delegation: for whom stands beside the step.
ALTER TABLE draft_steps ADD COLUMN delegation INTEGER REFERENCES delegations (id);

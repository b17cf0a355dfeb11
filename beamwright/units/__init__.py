"""Fleet → the files of a host: units, users, folders, environment. Renders; runs nothing."""

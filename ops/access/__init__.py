"""Who may do what: roles as data, tokens hashed at rest."""

"""Charts of results. Each module says what it draws as plain data and draws it; functions give (figure, axes)."""

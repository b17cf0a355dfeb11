"""What the tasks of tasks.py share: how each of them ends, what they ask for, and what several of them do."""

"""Steps from an empty database to the present one, in ``versions``.

A step that was released is never changed. A new one is a file with the next number, written by
hand with the columns of ``parts``; a test compares what all steps give with the models.
"""

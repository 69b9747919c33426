"""What a WSGI server imports: the application of the instance named by PHIEU_SO_INSTANCE."""

from survey.app import create_app

app = create_app()

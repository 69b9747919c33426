"""What a WSGI server imports: the application of the instance named by PHIEU_SO_INSTANCE."""

from survey.app import create_app
from survey.web.tablet.assets import edition_of

app = create_app()
with app.test_request_context():
    edition_of(app)  # Made now and not while the first tablet waits.

"""Settings that an installation may change; copy the lines you need into `config.py` beside this file."""

# DATABASE_URL = "postgresql+psycopg://phieuso@/phieuso"
# MAX_SUBMISSION_BYTES = 10_000_000
# SECOND_FACTOR_ROLES = ""    # roles that must use a second factor, such as "admin statistician"
# TABLET_LASTING_STORAGE = False    # tablets may fetch work although the browser has not promised to keep data
# AGENCY = {
#     "parent": "ỦY BAN NHÂN DÂN THÀNH PHỐ CẦN THƠ",
#     "name": "SỞ KHOA HỌC VÀ CÔNG NGHỆ",
#     "place": "Cần Thơ",
#     "symbol": "BC-SKHCN",
#     "addressee": "Ủy ban nhân dân thành phố Cần Thơ",
#     "signer_title": "GIÁM ĐỐC",
#     "hotline": "0292 3 820 123",
# }

# PUBLIC_ADDRESS = "https://phieuso.example.gov.vn"    # printed in letters and e-mails
# SMTP_HOST = "mail.example.gov.vn"                     # empty: no e-mail is sent
# SMTP_PORT = 587
# SMTP_TLS = "starttls"                                 # starttls, tls or none
# SMTP_USER = "phieuso"
# SMTP_PASSWORD = "…"
# SMTP_CA = "/etc/ssl/certs/noi-bo.pem"                 # where the server's certificate is from a private authority
# MAIL_FROM = "Sở Khoa học và Công nghệ <phieuso@example.gov.vn>"

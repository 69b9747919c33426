"""Settings that an installation may change; copy the lines you need into `config.py` beside this file."""

# DATABASE_URL = "postgresql+psycopg://phieuso@/phieuso"
# MAX_SUBMISSION_BYTES = 10_000_000
# AGENCY = {
#     "parent": "ỦY BAN NHÂN DÂN THÀNH PHỐ CẦN THƠ",
#     "name": "SỞ KHOA HỌC VÀ CÔNG NGHỆ",
#     "place": "Cần Thơ",
#     "symbol": "BC-SKHCN",
#     "addressee": "Ủy ban nhân dân thành phố Cần Thơ",
#     "signer_title": "GIÁM ĐỐC",
#     "hotline": "0292 3 820 123",
# }

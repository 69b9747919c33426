"""Addresses of the public results: without a round they stay on the latest one, with a round they never change."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for


@dataclass(frozen=True, slots=True)
class Addresses:
    """Writes the addresses of one run's pages."""

    round_code: str | None = None

    def home(self) -> str:
        """Return the overview's address."""
        return self._to("results.home")

    def indicator(self, code: str) -> str:
        """Return an indicator's address."""
        return self._to("results.indicator", code=code.lower())

    def method(self) -> str:
        """Return the address of the page on method and quality."""
        return self._to("results.method")

    def figures(self, code: str | None = None) -> str:
        """Return the address of the figures as CSV, of one indicator where a code is given."""
        if code is None:
            return self._to("results.figures_file")
        return self._to("results.indicator_csv", code=code.lower())

    def workbook(self) -> str:
        """Return the address of the figures as XLSX."""
        return self._to("results.workbook_file")

    def sdmx(self) -> str:
        """Return the address of the figures as SDMX-CSV."""
        return self._to("results.sdmx_file")

    def code_lists(self) -> str:
        """Return the address of the code lists of the SDMX file."""
        return self._to("results.code_lists_file")

    def chart(self) -> str:
        """Return the address of the overview chart as a drawing."""
        return self._to("results.chart_svg")

    def report(self) -> str:
        """Return the address of the report as PDF."""
        return self._to("results.report_pdf")

    def _to(self, endpoint: str, **values: str) -> str:
        if self.round_code is not None:
            values["round_code"] = self.round_code
        return url_for(endpoint, _external=False, **values)

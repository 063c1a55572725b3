"""The claim audit: an article's figures held against the warehouse, as of their date. Not for computing a measure (dbt does), nor for opening a file."""

"""Bills by department, and what stands on them (HEAVY).

https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/billing

Zoom's support enables department billing for an account. Amounts stay the text that Zoom sends: it is exact.
"""

from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

_NEEDS = "Department billing"
_CURRENCY = Column("currency", comment="Currency of the amounts")

BILLING_REPORTS = Stream(
    name="billing_reports",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/report/billing",
            list_key="billing_reports",
            label=Label.HEAVY,
            carried=("currency",),
            paged=False,
            identity=("id",),
        ),
    ),
    tables=(
        Table(
            name="billing_reports",
            comment="Department billing: one row per billing period",
            columns=(
                Column("id", comment="The report"),
                Column("type", Type.BIGINT, comment="0 detailed, 1 custom"),
                Column("start_date", Type.DATE, comment="First day of the period"),
                Column("end_date", Type.DATE, comment="Last day of the period"),
                Column("total_amount", comment="Amount of the period"),
                Column("tax_amount", comment="Tax in it"),
                _CURRENCY,
            ),
            key=("id",),
        ),
    ),
    scopes=("report:read:billing:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    needs=_NEEDS,
    on_by_default=False,
)

BILLING_INVOICES = Stream(
    name="billing_invoices",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/report/billing/invoices",
            list_key="invoices",
            label=Label.HEAVY,
            params={"billing_id": "{billing_id}"},
            absent=(5010,),
            carried=("currency",),
            paged=False,
        ),
    ),
    tables=(
        Table(
            name="billing_invoices",
            comment="What stands on the bills of a billing period",
            columns=(
                Column("invoice_number", comment="Number of the invoice"),
                Column("invoice_charge_name", comment="What is charged"),
                Column("start_date", Type.DATE, comment="First day of what is charged"),
                Column("end_date", Type.DATE, comment="Last day of it"),
                Column("quantity", Type.BIGINT, comment="Licences that were bought"),
                Column("total_amount", comment="Amount"),
                Column("tax_amount", comment="Tax in it"),
                _CURRENCY,
            ),
            key=("billing_id", "invoice_number", "invoice_charge_name", "_ordinal"),
            from_parent=(Column("billing_id", comment="The period: billing_reports.id"),),
            numbered_within=("billing_id", "invoice_number", "invoice_charge_name"),
        ),
    ),
    scopes=("report:read:billing_invoice:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    needs=_NEEDS,
    on_by_default=False,
    parent=Parent("billing_reports", {"billing_id": "id"}, dates=False),
)

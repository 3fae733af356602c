"""the first tables.

Revision: 0001_main; follows: .
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_main"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_event",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("leaf_hash", name=op.f("uq_audit_event_leaf_hash")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_hash",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "idx", name=op.f("pk_audit_hash")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("env", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deployment",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("national_unit", sa.Uuid(), nullable=True),
        sa.Column("outside_unit", sa.Uuid(), nullable=True),
        sa.Column("days_off", sa.JSON(), nullable=False),
        sa.Column("retention", sa.JSON(), nullable=False),
        sa.Column("recovery_pk", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "directory_head",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_directory_head")),
    )
    op.create_table(
        "idempotency",
        sa.Column("key_tag", sa.LargeBinary(), nullable=False),
        sa.Column("body_tag", sa.LargeBinary(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("key_tag", name=op.f("pk_idempotency")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_idempotency_expires_on"), "idempotency", ["expires_on"], unique=False)
    op.create_table(
        "recovery_wrap",
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "epoch", name=op.f("pk_recovery_wrap")),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.LargeBinary(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("env", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sign_in_expires"), "sign_in", ["expires"], unique=False)
    op.create_index(op.f("ix_sign_in_owner"), "sign_in", ["owner"], unique=False)
    op.create_table(
        "unit",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("review_unit", sa.Uuid(), nullable=True),
        sa.Column("protection_unit", sa.Uuid(), nullable=True),
        sa.Column("custody_unit", sa.Uuid(), nullable=True),
        sa.Column("pk", sa.LargeBinary(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_table(
        "wall_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall_count")),
    )
    op.create_table(
        "audit_body",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("ct", sa.LargeBinary(), nullable=False),
        sa.Column("case_tag", sa.LargeBinary(), nullable=False),
        sa.Column("actor_tag", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["audit_event.event_id"],
            name=op.f("fk_audit_body_event_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_body")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_body_actor_tag", "audit_body", ["actor_tag"], unique=False)
    op.create_index("ix_audit_body_case_tag", "audit_body", ["case_tag"], unique=False)
    op.create_table(
        "audit_leaf",
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["audit_event.event_id"],
            name=op.f("fk_audit_leaf_event_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_audit_leaf")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_leaf_event_id")),
    )
    op.create_table(
        "audit_pending",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("enqueued_at", sa.DateTime(), nullable=True),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["audit_event.event_id"],
            name=op.f("fk_audit_pending_event_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_pending")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "office",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent", sa.Uuid(), nullable=True),
        sa.Column("unit", sa.Uuid(), nullable=True),
        sa.Column("staff_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent"],
            ["office.id"],
            name=op.f("fk_office_parent"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["unit"],
            ["unit.id"],
            name=op.f("fk_office_unit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
        sa.UniqueConstraint("code", name=op.f("uq_office_code")),
    )
    op.create_table(
        "staff",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("staff_number", sa.String(), nullable=True),
        sa.Column("office", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("pk", sa.LargeBinary(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["office"],
            ["office.id"],
            name=op.f("fk_staff_office"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("username", name=op.f("uq_staff_username")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("unit", sa.Uuid(), nullable=False),
        sa.Column("workflow", sa.String(), nullable=False),
        sa.Column("workflow_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("assignee", sa.Uuid(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("updated_on", sa.Date(), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("feedback_by", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("retention_class", sa.String(), nullable=True),
        sa.Column("archive_on", sa.Date(), nullable=True),
        sa.Column("purge_on", sa.Date(), nullable=True),
        sa.Column("legal_hold", sa.Boolean(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignee"],
            ["staff.id"],
            name=op.f("fk_cases_assignee"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["cases.id"],
            name=op.f("fk_cases_merged_into"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["unit"], ["unit.id"], name=op.f("fk_cases_unit"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("reference", name=op.f("uq_cases_reference")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_cases_assignee", "cases", ["assignee", "unit"], unique=False)
    op.create_index("ix_cases_due", "cases", ["due", "id"], unique=False)
    op.create_index(op.f("ix_cases_merged_into"), "cases", ["merged_into"], unique=False)
    op.create_index("ix_cases_queue_due", "cases", ["unit", "due", "id"], unique=False)
    op.create_index("ix_cases_queue_priority", "cases", ["unit", "priority", "id"], unique=False)
    op.create_index("ix_cases_queue_received", "cases", ["unit", "received_on", "id"], unique=False)
    op.create_index("ix_cases_queue_updated", "cases", ["unit", "updated_on", "id"], unique=False)
    op.create_index("ix_cases_state", "cases", ["state", "unit"], unique=False)
    op.create_index(
        "ix_cases_state_due", "cases", ["unit", "state", "due", "id", "delivered"], unique=False
    )
    op.create_index(
        "ix_cases_state_priority", "cases", ["unit", "state", "priority", "id"], unique=False
    )
    op.create_index(
        "ix_cases_state_received", "cases", ["unit", "state", "received_on", "id"], unique=False
    )
    op.create_index(
        "ix_cases_state_updated", "cases", ["unit", "state", "updated_on", "id"], unique=False
    )
    op.create_table(
        "membership",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("office", sa.Uuid(), nullable=True),
        sa.Column("holds_key", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["office"],
            ["office.id"],
            name=op.f("fk_membership_office"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_membership_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["unit"],
            ["unit.id"],
            name=op.f("fk_membership_unit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("staff", "unit", "role", name=op.f("uq_membership_staff_unit_role")),
    )
    op.create_index(op.f("ix_membership_staff"), "membership", ["staff"], unique=False)
    op.create_index(op.f("ix_membership_unit"), "membership", ["unit"], unique=False)
    op.create_table(
        "posting",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["office"],
            ["office.id"],
            name=op.f("fk_posting_office"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_posting_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index(op.f("ix_posting_staff"), "posting", ["staff"], unique=False)
    op.create_table(
        "role_proposal",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["staff.id"],
            name=op.f("fk_role_proposal_proposed_by"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_role_proposal_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["unit"],
            ["unit.id"],
            name=op.f("fk_role_proposal_unit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_proposal")),
        sa.UniqueConstraint("staff", "unit", "role", name=op.f("uq_role_proposal_staff_unit_role")),
    )
    op.create_index(op.f("ix_role_proposal_staff"), "role_proposal", ["staff"], unique=False)
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("cuts", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("definitions", sa.String(), nullable=False),
        sa.Column("table", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["staff.id"],
            name=op.f("fk_snapshot_proposed_by"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["published_by"],
            ["staff.id"],
            name=op.f("fk_snapshot_published_by"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint(
            "month", "scope", "cuts", "revision", name=op.f("uq_snapshot_month_scope_cuts_revision")
        ),
    )
    op.create_table(
        "staff_enrolment",
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_staff_enrolment_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_staff_enrolment")),
    )
    op.create_table(
        "staff_second_factor",
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("env", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_staff_second_factor_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("staff", name=op.f("pk_staff_second_factor")),
    )
    op.create_table(
        "staff_unlock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("memory_kib", sa.Integer(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("wrap", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_staff_unlock_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_unlock")),
        sa.UniqueConstraint("staff", "kind", name=op.f("uq_staff_unlock_staff_kind")),
    )
    op.create_index(op.f("ix_staff_unlock_staff"), "staff_unlock", ["staff"], unique=False)
    op.create_table(
        "unit_wrap",
        sa.Column("unit", sa.Uuid(), nullable=False),
        sa.Column("unit_epoch", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("staff_epoch", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_unit_wrap_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["unit"],
            ["unit.id"],
            name=op.f("fk_unit_wrap_unit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("unit", "unit_epoch", "staff", name=op.f("pk_unit_wrap")),
    )
    op.create_table(
        "allegation_fact",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.BigInteger(), nullable=False),
        sa.Column("office", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.BigInteger(), nullable=False),
        sa.Column("anonymous", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.BigInteger(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_allegation_fact_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_allegation_fact")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_allegation_fact_case_id"), "allegation_fact", ["case_id"], unique=False
    )
    op.create_index("ix_allegation_fact_decided", "allegation_fact", ["decided_on"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_assignment_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_assignment_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_case_id"), "assignment", ["case_id"], unique=False)
    op.create_index(
        "ix_assignment_staff", "assignment", ["staff", "active", "case_id"], unique=False
    )
    op.create_table(
        "case_chain",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("subject_epoch", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_case_chain_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_chain")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_case_chain_case_id"), "case_chain", ["case_id"], unique=False)
    op.create_table(
        "case_fact",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.BigInteger(), nullable=False),
        sa.Column("office", sa.BigInteger(), nullable=False),
        sa.Column("procedure", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.BigInteger(), nullable=False),
        sa.Column("assessed_category", sa.BigInteger(), nullable=True),
        sa.Column("closure_reason", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_case_fact_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_fact")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_fact_category", "case_fact", ["category", "case_id"], unique=False)
    op.create_index("ix_case_fact_channel", "case_fact", ["channel", "case_id"], unique=False)
    op.create_index("ix_case_fact_office", "case_fact", ["office", "case_id"], unique=False)
    op.create_index("ix_case_fact_procedure", "case_fact", ["procedure", "case_id"], unique=False)
    op.create_table(
        "case_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_case_step_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_step")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_case_step_case_id"), "case_step", ["case_id"], unique=False)
    op.create_index("ix_case_step_entered", "case_step", ["entered_on", "state"], unique=False)
    op.create_table(
        "declaration",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_declaration_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.id"],
            name=op.f("fk_declaration_staff"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
    )
    op.create_index(op.f("ix_declaration_case_id"), "declaration", ["case_id"], unique=False)
    op.create_index("ix_declaration_staff", "declaration", ["staff", "case_id"], unique=False)
    op.create_table(
        "planned_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_planned_text_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_text")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_planned_text_case_id"), "planned_text", ["case_id"], unique=False)
    op.create_index("ix_planned_text_due", "planned_text", ["due_on", "sent_on"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["staff.id"],
            name=op.f("fk_proposal_answered_by"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_proposal_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["staff.id"],
            name=op.f("fk_proposal_proposed_by"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_case_id"), "proposal", ["case_id"], unique=False)
    op.create_index(
        "uq_proposal_open",
        "proposal",
        ["case_id", "action"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("origin_case_id", sa.Uuid(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("conv_epoch", sa.Integer(), nullable=False),
        sa.Column("conv_commitment", sa.LargeBinary(), nullable=False),
        sa.Column("id_commitment", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_report_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["origin_case_id"],
            ["cases.id"],
            name=op.f("fk_report_origin_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_report_case_id"), "report", ["case_id"], unique=False)
    op.create_index(op.f("ix_report_received_on"), "report", ["received_on"], unique=False)
    op.create_table(
        "subject_match",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_subject_match_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_id", "token", name=op.f("pk_subject_match")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wall",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_wall_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_id", "tag", name=op.f("pk_wall")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("size_bucket", sa.Integer(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_attachment_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_attachment_report_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_attachment_case_id"), "attachment", ["case_id"], unique=False)
    op.create_index(op.f("ix_attachment_report_id"), "attachment", ["report_id"], unique=False)
    op.create_table(
        "case_wrap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("recipient_type", sa.String(), nullable=False),
        sa.Column("recipient", sa.Uuid(), nullable=False),
        sa.Column("recipient_epoch", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_case_wrap_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_case_wrap_report_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_wrap")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_case_wrap_case_id"), "case_wrap", ["case_id"], unique=False)
    op.create_index(
        "ix_case_wrap_recipient", "case_wrap", ["recipient", "kind", "case_id"], unique=False
    )
    op.create_index(op.f("ix_case_wrap_report_id"), "case_wrap", ["report_id"], unique=False)
    op.create_table(
        "record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("env", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_record_case_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_record_report_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_record")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_record_case", "record", ["case_id", "field"], unique=False)
    op.create_index("ix_record_thread", "record", ["report_id", "field"], unique=False)
    op.create_table(
        "report_fact",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.BigInteger(), nullable=False),
        sa.Column("office", sa.BigInteger(), nullable=False),
        sa.Column("procedure", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.BigInteger(), nullable=False),
        sa.Column("gender", sa.BigInteger(), nullable=False),
        sa.Column("anonymous", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_report_fact_report_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_fact")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "report_return",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_report_return_report_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_return")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reporter_key",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("root_ver", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("pk", sa.LargeBinary(), nullable=False),
        sa.Column("wrap", sa.LargeBinary(), nullable=False),
        sa.Column("expires_month", sa.Date(), nullable=False),
        sa.Column("body_tag", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_reporter_key_report_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_reporter_key")),
        sa.UniqueConstraint("report_id", name=op.f("uq_reporter_key_report_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "service_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_service_message_report_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_message")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_service_message_report_id"), "service_message", ["report_id"], unique=False
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_service_message_report_id"), table_name="service_message")
    op.drop_table("service_message")
    op.drop_table("reporter_key")
    op.drop_table("report_return")
    op.drop_table("report_fact")
    op.drop_index("ix_record_thread", table_name="record")
    op.drop_index("ix_record_case", table_name="record")
    op.drop_table("record")
    op.drop_index(op.f("ix_case_wrap_report_id"), table_name="case_wrap")
    op.drop_index("ix_case_wrap_recipient", table_name="case_wrap")
    op.drop_index(op.f("ix_case_wrap_case_id"), table_name="case_wrap")
    op.drop_table("case_wrap")
    op.drop_index(op.f("ix_attachment_report_id"), table_name="attachment")
    op.drop_index(op.f("ix_attachment_case_id"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_table("wall")
    op.drop_table("subject_match")
    op.drop_index(op.f("ix_report_received_on"), table_name="report")
    op.drop_index(op.f("ix_report_case_id"), table_name="report")
    op.drop_table("report")
    op.drop_index(
        "uq_proposal_open",
        table_name="proposal",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index(op.f("ix_proposal_case_id"), table_name="proposal")
    op.drop_table("proposal")
    op.drop_index("ix_planned_text_due", table_name="planned_text")
    op.drop_index(op.f("ix_planned_text_case_id"), table_name="planned_text")
    op.drop_table("planned_text")
    op.drop_index("ix_declaration_staff", table_name="declaration")
    op.drop_index(op.f("ix_declaration_case_id"), table_name="declaration")
    op.drop_table("declaration")
    op.drop_index("ix_case_step_entered", table_name="case_step")
    op.drop_index(op.f("ix_case_step_case_id"), table_name="case_step")
    op.drop_table("case_step")
    op.drop_index("ix_case_fact_procedure", table_name="case_fact")
    op.drop_index("ix_case_fact_office", table_name="case_fact")
    op.drop_index("ix_case_fact_channel", table_name="case_fact")
    op.drop_index("ix_case_fact_category", table_name="case_fact")
    op.drop_table("case_fact")
    op.drop_index(op.f("ix_case_chain_case_id"), table_name="case_chain")
    op.drop_table("case_chain")
    op.drop_index("ix_assignment_staff", table_name="assignment")
    op.drop_index(op.f("ix_assignment_case_id"), table_name="assignment")
    op.drop_table("assignment")
    op.drop_index("ix_allegation_fact_decided", table_name="allegation_fact")
    op.drop_index(op.f("ix_allegation_fact_case_id"), table_name="allegation_fact")
    op.drop_table("allegation_fact")
    op.drop_table("unit_wrap")
    op.drop_index(op.f("ix_staff_unlock_staff"), table_name="staff_unlock")
    op.drop_table("staff_unlock")
    op.drop_table("staff_second_factor")
    op.drop_table("staff_enrolment")
    op.drop_table("snapshot")
    op.drop_index(op.f("ix_role_proposal_staff"), table_name="role_proposal")
    op.drop_table("role_proposal")
    op.drop_index(op.f("ix_posting_staff"), table_name="posting")
    op.drop_table("posting")
    op.drop_index(op.f("ix_membership_unit"), table_name="membership")
    op.drop_index(op.f("ix_membership_staff"), table_name="membership")
    op.drop_table("membership")
    op.drop_index("ix_cases_state_updated", table_name="cases")
    op.drop_index("ix_cases_state_received", table_name="cases")
    op.drop_index("ix_cases_state_priority", table_name="cases")
    op.drop_index("ix_cases_state_due", table_name="cases")
    op.drop_index("ix_cases_state", table_name="cases")
    op.drop_index("ix_cases_queue_updated", table_name="cases")
    op.drop_index("ix_cases_queue_received", table_name="cases")
    op.drop_index("ix_cases_queue_priority", table_name="cases")
    op.drop_index("ix_cases_queue_due", table_name="cases")
    op.drop_index(op.f("ix_cases_merged_into"), table_name="cases")
    op.drop_index("ix_cases_due", table_name="cases")
    op.drop_index("ix_cases_assignee", table_name="cases")
    op.drop_table("cases")
    op.drop_table("staff")
    op.drop_table("office")
    op.drop_table("audit_pending")
    op.drop_table("audit_leaf")
    op.drop_index("ix_audit_body_case_tag", table_name="audit_body")
    op.drop_index("ix_audit_body_actor_tag", table_name="audit_body")
    op.drop_table("audit_body")
    op.drop_table("wall_count")
    op.drop_table("unit")
    op.drop_index(op.f("ix_sign_in_owner"), table_name="sign_in")
    op.drop_index(op.f("ix_sign_in_expires"), table_name="sign_in")
    op.drop_table("sign_in")
    op.drop_table("recovery_wrap")
    op.drop_index(op.f("ix_idempotency_expires_on"), table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_table("directory_head")
    op.drop_table("deployment")
    op.drop_table("delivery")
    op.drop_table("audit_hash")
    op.drop_table("audit_event")
    op.drop_table("audit_checkpoint")

"""transactions have a category"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Older rows were never sorted into categories
    column = sa.Column("category", sa.String(40), nullable=False, server_default="other")
    op.add_column("transactions", column)


def downgrade() -> None:
    op.drop_column("transactions", "category")

"""Where information comes from, in families that can be laid beside each other on one timeline."""

from types import MappingProxyType

FAMILIES = MappingProxyType(
    {
        "reporter_statement": "reporter",
        "interview": "interviews",
        "customs_system": "customs_data",
        "internal_record": "internal",
        "access_log": "internal",
        "cctv_scanner": "internal",
        "financial": "internal",
        "open_source": "outside",
        "intelligence": "outside",
        "physical": "material",
        "digital_device": "material",
        "external_authority": "authorities",
    }
)
"""Source type -> its family, of the list `source_families`."""

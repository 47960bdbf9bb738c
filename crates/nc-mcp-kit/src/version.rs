use rmcp::model::ProtocolVersion;

/// The protocol revisions that are served, newest first. Older ones lack structured output or use another transport.
pub const PROTOCOL_VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2026_07_28,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2025_06_18,
];

//! Streamable HTTP for an MCP handler: host and origin checks, credentials, scope gate.

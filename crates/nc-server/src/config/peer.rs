//! Names of the peer server's settings that deployments already carry, beside those of the table.

/// What is said about a name that has no effect here.
pub(super) struct Hint {
    /// The name in the environment.
    pub(super) name: &'static str,
    /// What to do instead, or why nothing happens.
    pub(super) text: &'static str,
}

const fn hint(name: &'static str, text: &'static str) -> Hint {
    Hint { name, text }
}

const OAUTH: &str = "used by the OAuth modes, which this version does not serve";
const DISCOVERED: &str = "taken from the issuer's discovery document";
const BUILT_IN: &str = "document text is extracted by this server itself";
const INDEX: &str = "this version has no content index";
const REMOVED: &str = "a switch that no longer exists";

/// Accepted, and answered with one log line at start.
pub(super) const HINTS: &[Hint] = &[
    hint("OIDC_ISSUER", "set NEXTCLOUD_PUBLIC_ISSUER_URL"),
    hint("JWKS_URI", DISCOVERED),
    hint("INTROSPECTION_URI", DISCOVERED),
    hint("USERINFO_URI", DISCOVERED),
    hint("DATABASE_POOL_SIZE", "the pool sizes itself"),
    hint("DATABASE_MAX_OVERFLOW", "the pool sizes itself"),
    hint("ENABLE_SEMANTIC_SEARCH", INDEX),
    hint("VECTOR_SYNC_TAG", INDEX),
    hint("VECTOR_SYNC_KEYWORD_TAG", INDEX),
    hint("VECTOR_SYNC_SCAN_INTERVAL", INDEX),
    hint("VECTOR_SYNC_ENABLED", INDEX),
    hint("VECTOR_SYNC_PDF_TAG", INDEX),
    hint("ENABLE_BACKGROUND_OPERATIONS", "the mode decides what is stored"),
    hint("ENABLE_OFFLINE_ACCESS", "the mode decides what is stored"),
    hint("DOCKER_CONTAINER", "set NEXTCLOUD_MCP_SERVER_URL"),
    hint("NEXTCLOUD_MCP_SERVICE_NAME", "set NEXTCLOUD_MCP_SERVER_URL"),
    hint(
        "NEXTCLOUD_MCP_PORT",
        "set NEXTCLOUD_MCP_SERVER_URL, or PORT to listen elsewhere",
    ),
    hint("DOCUMENT_PARSE_PAGE_WINDOW", BUILT_IN),
    hint("DOCUMENT_STREAM_DOWNLOAD_ENABLED", "downloads are always streamed"),
    hint("DOCUMENT_PDF_GRAPHICS_LIMIT", BUILT_IN),
    hint("DOCUMENT_PROCESSOR", BUILT_IN),
    hint("ENABLE_UNSTRUCTURED", BUILT_IN),
    hint("ENABLE_TESSERACT", BUILT_IN),
    hint("ENABLE_CUSTOM_PROCESSOR", BUILT_IN),
    hint("ENABLE_DOCLING", BUILT_IN),
    hint("DOCUMENT_OCR_ENABLED", BUILT_IN),
    hint("NEXTCLOUD_OIDC_DISCOVERY_URL", "set OIDC_DISCOVERY_URL"),
    hint(
        "NEXTCLOUD_OIDC_CLIENT_STORAGE",
        "set NEXTCLOUD_MCP_DATA, the folder of that file",
    ),
    hint("ENABLE_MULTI_USER_BASIC_AUTH", "set MCP_DEPLOYMENT_MODE=basic"),
    hint("ENABLE_LOGIN_FLOW", "set MCP_DEPLOYMENT_MODE=login_flow"),
    hint("ENABLE_TOKEN_EXCHANGE", "set MCP_DEPLOYMENT_MODE=oauth"),
    hint("TOKEN_EXCHANGE_CACHE_TTL", "set MCP_DEPLOYMENT_MODE=oauth"),
    hint("ENABLE_PROGRESSIVE_CONSENT", REMOVED),
    hint("ENABLE_BROWSER_UI", REMOVED),
    hint("ENABLE_DOCUMENT_PROCESSING", REMOVED),
    hint("SEARCH_MODE", REMOVED),
    hint(
        "NEXTCLOUD_MCP_SETTINGS_FILE",
        "this server reads --config FILE; its keys are in docs/configuration.md",
    ),
    hint("COOKIE_SECURE", "follows from NEXTCLOUD_MCP_SERVER_URL"),
    hint("OIDC_DISCOVERY_MAX_ATTEMPTS", "set issuer.patience_s"),
    hint("OIDC_DISCOVERY_BACKOFF_BASE", "set issuer.patience_s"),
    hint("OIDC_DISCOVERY_BACKOFF_MAX", "set issuer.patience_s"),
    hint(
        "ENABLE_DCR",
        "this server registers itself when NEXTCLOUD_OIDC_CLIENT_ID is not set",
    ),
    hint("ALLOWED_MGMT_CLIENT", OAUTH),
    hint(
        "DATABASE_URL",
        "set TOKEN_STORAGE_DB to a database of this server's own; `admin credentials import` takes over what people gave",
    ),
    hint("DOCUMENT_SPOOL_DIR", "documents are not stored on their way"),
    hint("LOG_INCLUDE_TRACE_CONTEXT", "this version does not export traces"),
    hint("OTEL_EXPORTER_OTLP_ENDPOINT", "this version does not export traces"),
    hint("OTEL_EXPORTER_VERIFY_SSL", "this version does not export traces"),
    hint("OTEL_SERVICE_NAME", "this version does not export traces"),
    hint("PROGRESS_INTERVAL", "progress is reported as it happens"),
    hint("WEBHOOK_SECRET", "this version has no webhooks"),
    hint("WEBHOOK_INTERNAL_URL", "this version has no webhooks"),
];

/// Prefixes of names that concern features of the peer which this product does not have. Ignored, listed in one line.
pub(super) const FOREIGN_PREFIXES: &[&str] = &[
    "QDRANT_",
    "VECTOR_",
    "INGEST_",
    "OLLAMA_",
    "EMBEDDING_",
    "SEARCH_RERANK_",
    "DOCUMENT_OCR_",
    "DOCUMENT_CHUNK_",
    "UNSTRUCTURED_",
    "TESSERACT_",
    "PYMUPDF_",
    "CUSTOM_PROCESSOR_",
    "DOCLING_",
    "PYROSCOPE_",
    "BEDROCK_",
    "MISTRAL_",
];

/// Prefixes under which a misspelt name is looked for, so that foreign programs' variables are left alone.
pub(super) const OUR_PREFIXES: &[&str] = &[
    "NEXTCLOUD_",
    "MCP_",
    "OIDC_",
    "WEBDAV_",
    "METRICS_",
    "DOCUMENT_",
    "HEALTH_",
];

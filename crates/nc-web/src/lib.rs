//! The axum kit shared by every HTTP surface: request log, error answers, security headers, pages.

//! Login Flow v2: how a program gets an app password of its own without seeing the account's password.
//!
//! Source: Nextcloud developer manual, "Login Flow". One POST starts it, the person signs in with a browser, the
//! program polls until it is granted.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Lifetime of a flow that was started, in seconds.
pub const LIFETIME_S: u64 = 20 * 60;

/// Answer to `POST /index.php/login/v2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Where and with what to ask for the result.
    pub poll: Poll,
    /// Page that the person opens in a browser.
    pub login: String,
}

/// Where and with what to ask for the result.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// Secret: whoever has it gets the app password.
    pub token: String,
    /// URL to post the token to, as the server believes to be called.
    pub endpoint: String,
}

/// Answer to a poll once it is granted. It is given one time only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The server's address, as it believes to be called.
    pub server: String,
    /// Name for HTTP Basic; not always the user's id.
    #[serde(rename = "loginName")]
    pub login_name: String,
    /// The new app password.
    #[serde(rename = "appPassword")]
    pub app_password: String,
}

impl fmt::Debug for Poll {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Poll")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Granted")
            .field("server", &self.server)
            .field("login_name", &self.login_name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_answers_read_and_write_back() {
        let started = json!({
            "poll": {"token": "secret-token", "endpoint": "https://cloud.example.org/login/v2/poll"},
            "login": "https://cloud.example.org/login/v2/flow/abc"
        });
        let read: Started = serde_json::from_value(started.clone()).expect("readable");
        assert_eq!(serde_json::to_value(&read).expect("writable"), started);
        let granted =
            json!({"server": "https://cloud.example.org", "loginName": "carol", "appPassword": "secret-password"});
        let read: Granted = serde_json::from_value(granted.clone()).expect("readable");
        assert_eq!(serde_json::to_value(&read).expect("writable"), granted);
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let poll = Poll {
            token: "secret-token".into(),
            endpoint: "https://c.example/poll".into(),
        };
        assert!(!format!("{poll:?}").contains("secret"));
        let granted = Granted {
            server: "s".into(),
            login_name: "carol".into(),
            app_password: "secret".into(),
        };
        assert!(!format!("{granted:?}").contains("secret"));
    }
}

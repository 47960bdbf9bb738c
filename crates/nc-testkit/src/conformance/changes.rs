//! Changes of lists, told to whoever listens.

use rmcp::{
    model::{CallToolResponse, CallToolResult, ContentBlock, ErrorData},
    service::SubscriptionContext,
};
use tokio::sync::broadcast;

#[derive(Clone, Copy)]
enum Change {
    Tools,
    Prompts,
}

pub(super) struct Changes(broadcast::Sender<Change>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::Sender::new(16))
    }
}

impl Changes {
    /// The tools that say that a list changed.
    pub(super) fn call(&self, name: &str) -> Option<CallToolResponse> {
        let change = match name {
            "test_trigger_tool_change" => Change::Tools,
            "test_trigger_prompt_change" => Change::Prompts,
            _ => return None,
        };
        // Nobody listening is no fault.
        let _ = self.0.send(change);
        Some(CallToolResult::success(vec![ContentBlock::text("The list has changed.")]).into())
    }

    /// Forwards changes until the subscription ends. What the client did not wish for, the sink keeps back.
    pub(super) async fn forward(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.0.subscribe();
        loop {
            let change = tokio::select! {
                change = changes.recv() => change,
                () = subscription.cancelled() => return Ok(()),
            };
            let accepted = subscription.accepted();
            let sink = subscription.sink();
            let sent = match change {
                Ok(Change::Tools) if accepted.tools_list_changed == Some(true) => sink.notify_tool_list_changed().await,
                Ok(Change::Prompts) if accepted.prompts_list_changed == Some(true) => {
                    sink.notify_prompt_list_changed().await
                }
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => Ok(()),
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            };
            if sent.is_err() {
                return Ok(());
            }
        }
    }
}

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::tolerant;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                tolerant::integer(deserializer).map(Self)
            }
        }
    };
}

id! {
    /// Number of a board.
    BoardId
}
id! {
    /// Number of a stack.
    StackId
}
id! {
    /// Number of a card.
    CardId
}
id! {
    /// Number of a label.
    LabelId
}
id! {
    /// Number of an attachment; only unique together with its kind.
    AttachmentId
}
id! {
    /// Number of a comment.
    CommentId
}
id! {
    /// Number of a share of a board.
    AclId
}

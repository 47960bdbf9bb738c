use crate::apps::ids::ids;

ids! {
    /// Number of a board.
    BoardId;
    /// Number of a stack.
    StackId;
    /// Number of a card.
    CardId;
    /// Number of a label.
    LabelId;
    /// Number of an attachment; only unique together with its kind.
    AttachmentId;
    /// Number of a comment.
    CommentId;
    /// Number of a share of a board.
    AclId;
}

use nc_auth::ScopeSet;
use rmcp::model::{Resource, ResourceTemplate};

/// One resource, or a family of them under a template.
#[derive(Debug, Clone)]
pub struct ResourceSpec {
    /// A URI, or a template with `{variable}` in place of whole path segments.
    pub uri: &'static str,
    /// Stable name.
    pub name: &'static str,
    /// A few words for people.
    pub title: &'static str,
    /// What it holds.
    pub description: &'static str,
    /// Media type, where all members share one.
    pub mime_type: &'static str,
    /// The app family.
    pub app: &'static str,
    /// The capability key without which it is hidden.
    pub capability: Option<&'static str>,
    /// All scopes that reading it needs.
    pub scopes: ScopeSet,
}

impl ResourceSpec {
    /// Whether the URI has variables.
    pub fn is_template(&self) -> bool {
        self.uri.contains('{')
    }

    /// The values of the variables when `uri` is this resource or a member of this family. Still percent-encoded.
    pub fn matches<'u>(&self, uri: &'u str) -> Option<Vec<&'u str>> {
        let (mut pattern, mut segments) = (self.uri.split('/'), uri.split('/'));
        let mut values = Vec::new();
        loop {
            match (pattern.next(), segments.next()) {
                (None, None) => return Some(values),
                (Some(wanted), Some(found)) if wanted.starts_with('{') && wanted.ends_with('}') => {
                    if found.is_empty() {
                        return None;
                    }
                    values.push(found);
                }
                (Some(wanted), Some(found)) if wanted == found => {}
                _ => return None,
            }
        }
    }

    pub(crate) fn as_resource(&self) -> Resource {
        Resource::new(self.uri, self.name)
            .with_title(self.title)
            .with_description(self.description)
            .with_mime_type(self.mime_type)
    }

    pub(crate) fn as_template(&self) -> ResourceTemplate {
        ResourceTemplate::new(self.uri, self.name)
            .with_title(self.title)
            .with_description(self.description)
            .with_mime_type(self.mime_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(uri: &'static str) -> ResourceSpec {
        ResourceSpec {
            uri,
            name: "n",
            title: "t",
            description: "d",
            mime_type: "text/plain",
            app: "notes",
            capability: None,
            scopes: ScopeSet::EMPTY,
        }
    }

    #[test]
    fn a_template_matches_whole_segments_only() {
        let note = spec("nc://Notes/{note_id}");
        assert_eq!(note.matches("nc://Notes/12"), Some(vec!["12"]));
        assert_eq!(note.matches("nc://Notes/12/attachments/a.png"), None);
        assert_eq!(note.matches("nc://Notes/"), None);
        assert_eq!(note.matches("nc://notes/12"), None);
        let attachment = spec("nc://Notes/{note_id}/attachments/{name}");
        assert_eq!(
            attachment.matches("nc://Notes/12/attachments/a%2Fb.png"),
            Some(vec!["12", "a%2Fb.png"])
        );
        assert_eq!(spec("notes://settings").matches("notes://settings"), Some(vec![]));
    }
}

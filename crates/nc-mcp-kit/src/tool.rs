use std::{borrow::Cow, collections::HashMap, sync::Arc};

use nc_auth::ScopeSet;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};

use crate::schema::{brief, outline};

/// What a tool does to the world, for approval prompts. All four are always sent; the protocol's defaults are pessimistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the four hints of the protocol, by their names"
)]
pub struct Hints {
    /// Changes nothing.
    pub read_only: bool,
    /// May delete or replace.
    pub destructive: bool,
    /// Calling twice does no more than calling once.
    pub idempotent: bool,
    /// Reaches beyond this server.
    pub open_world: bool,
}

impl Hints {
    /// Reads only.
    pub const READ: Self = Self {
        read_only: true,
        destructive: false,
        idempotent: true,
        open_world: true,
    };
    /// Adds something; never replaces or deletes.
    pub const ADD: Self = Self {
        read_only: false,
        destructive: false,
        idempotent: false,
        open_world: true,
    };
    /// Replaces something.
    pub const REPLACE: Self = Self {
        read_only: false,
        destructive: true,
        idempotent: false,
        open_world: true,
    };
    /// Deletes something; deleting again changes nothing more.
    pub const DELETE: Self = Self {
        read_only: false,
        destructive: true,
        idempotent: true,
        open_world: true,
    };

    /// The same, where a repetition changes nothing more.
    #[must_use]
    pub const fn idempotent(self) -> Self {
        Self {
            idempotent: true,
            ..self
        }
    }
}

/// One tool, as every list of it needs it.
#[derive(Debug, Clone)]
pub struct ToolSpec {
    /// Unique, stable name: `[a-z0-9_]`, at most 40 characters.
    pub name: &'static str,
    /// A few words for people.
    pub title: &'static str,
    /// The model's manual.
    pub description: Cow<'static, str>,
    /// The app family, such as `notes` or `webdav`.
    pub app: &'static str,
    /// The capability key without which the tool is hidden; `None` for what every cloud has.
    pub capability: Option<&'static str>,
    /// All scopes that the tool needs.
    pub scopes: ScopeSet,
    /// What it does to the world.
    pub hints: Hints,
    /// Schema of the arguments; unknown ones are refused. Lists leave out what says nothing to a model.
    pub input: Arc<JsonObject>,
    /// Schema of the structured result, whole; lists show its outline.
    pub output: Option<Arc<JsonObject>>,
}

impl ToolSpec {
    /// The definition as `tools/list` shows it.
    pub fn definition(&self) -> Tool {
        let annotations = ToolAnnotations::from_raw(
            // The title stands in the tool itself; twice would cost every list.
            None,
            Some(self.hints.read_only),
            Some(self.hints.destructive),
            Some(self.hints.idempotent),
            Some(self.hints.open_world),
        );
        let tool = Tool::new(self.name, self.description.clone(), Arc::new(brief(&self.input)))
            .with_title(self.title)
            .with_annotations(annotations);
        match &self.output {
            Some(output) => tool.with_raw_output_schema(Arc::new(outline(output))),
            None => tool,
        }
    }
}

/// All tools of a server, sorted by name. Built once.
#[derive(Debug, Default)]
pub struct ToolTable {
    specs: Vec<ToolSpec>,
    definitions: Vec<Tool>,
    by_name: HashMap<&'static str, usize>,
}

impl ToolTable {
    /// A table of `specs`.
    ///
    /// # Panics
    /// If two tools share a name: a mistake of the program, seen by every test.
    pub fn new(mut specs: Vec<ToolSpec>) -> Self {
        specs.sort_by_key(|spec| spec.name);
        let by_name: HashMap<_, _> = specs
            .iter()
            .enumerate()
            .map(|(index, spec)| (spec.name, index))
            .collect();
        assert_eq!(by_name.len(), specs.len(), "two tools share a name");
        let definitions = specs.iter().map(ToolSpec::definition).collect();
        Self {
            specs,
            definitions,
            by_name,
        }
    }

    /// All tools, by name.
    pub fn specs(&self) -> &[ToolSpec] {
        &self.specs
    }

    /// The definitions, in the order of [`Self::specs`].
    pub fn definitions(&self) -> &[Tool] {
        &self.definitions
    }

    /// The place of the tool `name`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The tool `name`.
    pub fn find_spec(&self, name: &str) -> Option<&ToolSpec> {
        self.find(name).map(|index| &self.specs[index])
    }

    /// The scopes of all tools together, as protected-resource metadata lists them.
    pub fn scopes(&self) -> ScopeSet {
        self.specs.iter().flat_map(|spec| spec.scopes.iter()).collect()
    }
}

//! The tools, resources and prompts, over the typed client.

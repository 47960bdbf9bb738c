//! stub
use crate::{Extracted, ExtractError, Limits, pages::Pages};
pub(crate) fn read(_: &[u8], _: Pages, _: &Limits) -> Result<Extracted, ExtractError> { Err(ExtractError::unsupported("RTF")) }

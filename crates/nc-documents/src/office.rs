//! stub
use crate::{Extracted, ExtractError, Format, Limits, Request, pages::Pages};
pub(crate) fn read(_: &[u8], _: Format, _: Pages, _: &Limits) -> Result<Extracted, ExtractError> { Err(ExtractError::unsupported("office")) }
pub(crate) fn read_unnamed(_: &[u8], _: &Request) -> Result<Extracted, ExtractError> { Err(ExtractError::unsupported("archive")) }

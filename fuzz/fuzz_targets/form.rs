//! Forms and query strings: what is read writes and reads back the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::oauth::form::{Form, Limits};

fuzz_target!(|data: &[u8]| {
    for limits in [Limits::AUTHORIZE, Limits::TOKEN] {
        let Ok(form) = Form::parse(data, limits) else { continue };
        let mut names: Vec<&str> = form.pairs().map(|(name, _)| name).filter(|name| *name != "resource").collect();
        assert!(names.len() <= limits.parameters);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "no name comes twice");
        // Written out it may be longer than it came, since every special character is escaped.
        let written = Limits { size_bytes: usize::MAX, ..limits };
        assert_eq!(Form::parse(form.to_string().as_bytes(), written), Ok(form));
    }
});

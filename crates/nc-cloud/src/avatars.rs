//! Pictures of people, at the addresses of Nextcloud (`AvatarController`): a letter on a colour, both made from the user id alone.
//!
//! Nobody is asked who they are, and nobody is looked up: whatever is asked for has a picture, so none tells whether there is such an
//! account. That and the drawing are what differs from Nextcloud, which looks for what people uploaded and draws pixels.

use axum::{
    response::{IntoResponse, Response},
    routing::get,
};
use http::header;
use nc_proto::dav::encode_segment;
use sha2::{Digest, Sha256};

use crate::{
    Cloud,
    address::Path,
    routes::{Access, Routes, Surface},
};

/// The two sizes that there are, in pixels.
const SMALL: u16 = 64;
const LARGE: u16 = 512;

/// The darkest and the brightest of the three colours: white stands out from every mixture.
const LOW: u16 = 45;
const HIGH: u16 = 134;

/// Whether somebody gave a picture of their own. `1` would be yes.
const IS_CUSTOM: &str = "x-nc-iscustomavatar";

pub(crate) fn routes(cloud: &Cloud) -> Routes {
    Routes::new(Surface::Page, cloud)
        .at("/avatar/{user}/{size}", Access::Public, get(show))
        // For a dark ground, where this one looks as well.
        .at("/avatar/{user}/{size}/dark", Access::Public, get(show))
}

/// Path of somebody's picture, below the cloud's address.
pub fn picture_path(user: &str) -> String {
    format!("/index.php/avatar/{}/{SMALL}", encode_segment(user))
}

async fn show(Path((user, size)): Path<(String, String)>) -> Response {
    // As Nextcloud rounds, which reads what is no number as none.
    let size = match size.parse::<i64>() {
        Ok(size) if size > i64::from(SMALL) => LARGE,
        _ => SMALL,
    };
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        // It never changes, and is the same for everybody.
        (header::CACHE_CONTROL, "public, max-age=86400, immutable"),
    ];
    (headers, [(IS_CUSTOM, "0")], drawing(&user, size)).into_response()
}

fn drawing(user: &str, size: u16) -> String {
    let [red, green, blue] = colour(user);
    // A letter or digit, which needs no escaping.
    let letter = user.chars().find(|character| character.is_alphanumeric());
    let letter: String = letter.map_or_else(|| "?".to_owned(), |letter| letter.to_uppercase().collect());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 64 64\">\
         <rect width=\"64\" height=\"64\" fill=\"#{red:02x}{green:02x}{blue:02x}\"/>\
         <text x=\"32\" y=\"32\" dy=\".36em\" text-anchor=\"middle\" font-family=\"sans-serif\" font-size=\"34\" \
         fill=\"#fff\">{letter}</text></svg>"
    )
}

/// A hue by chance, but always the same for one id.
fn colour(user: &str) -> [u16; 3] {
    let hash = Sha256::digest(user.as_bytes());
    let hue = u16::from_be_bytes([hash[0], hash[1]]) % 360;
    let step = (HIGH - LOW) * (hue % 60) / 60;
    let (rising, falling) = (LOW + step, HIGH - step);
    match hue / 60 {
        0 => [HIGH, rising, LOW],
        1 => [falling, HIGH, LOW],
        2 => [LOW, HIGH, rising],
        3 => [LOW, falling, HIGH],
        4 => [rising, LOW, HIGH],
        _ => [HIGH, LOW, falling],
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::events::Event;

    use super::*;

    #[test]
    fn a_picture_shows_the_first_letter_whatever_the_id_is_made_of() {
        for (user, letter) in [("alice", "A"), ("@bob", "B"), ("7up", "7"), ("ärzte", "Ä"), ("ß", "SS")] {
            assert!(drawing(user, SMALL).contains(&format!(">{letter}</text>")), "{user}");
        }
        for odd in ["", "..", "\"/><script>1", "<>&\"'", "--\u{0}"] {
            let drawing = drawing(odd, SMALL);
            let mut reader = quick_xml::Reader::from_str(&drawing);
            let mut names = Vec::new();
            loop {
                match reader.read_event().unwrap() {
                    Event::Start(tag) | Event::Empty(tag) => names.push(tag.name().as_ref().to_owned()),
                    Event::Eof => break,
                    _ => {}
                }
            }
            assert_eq!(names, ["svg", "rect", "text"], "{odd:?}");
        }
    }

    #[test]
    fn white_stands_out_from_every_colour() {
        // Relative luminance of WCAG 2; 3:1 is enough for large letters.
        let linear = |part: u16| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        for number in 0..5000 {
            let [red, green, blue] = colour(&number.to_string());
            let luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
            assert!(1.05 / (luminance + 0.05) >= 3.0, "{red} {green} {blue}");
        }
        assert_eq!(colour("alice"), colour("alice"));
        assert_ne!(colour("alice"), colour("bob"));
    }
}

//! The colours of the style sheet against WCAG 2.2 AA, by its formula.

use std::collections::HashMap;

use super::STYLE;

/// The colours of both schemes, light first.
fn schemes() -> Vec<HashMap<&'static str, f64>> {
    let palettes = STYLE.split(":root {").skip(1);
    palettes
        .map(|text| {
            let palette = text.split('}').next().unwrap();
            let colours = palette.split(';').filter_map(|line| line.trim().split_once(": #"));
            colours
                .map(|(name, hex)| (name.trim_start_matches("--"), luminance(hex)))
                .collect()
        })
        .collect()
}

fn luminance(hex: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

#[test]
fn text_and_controls_stand_out_in_light_and_dark() {
    let texts = [
        ("text", "card"),
        ("quiet", "card"),
        ("accent", "card"),
        ("error", "card"),
        ("warning", "card"),
        ("on-accent", "accent"),
        ("error", "error-back"),
        ("warning", "warning-back"),
        ("done", "done-back"),
    ];
    let schemes = schemes();
    assert_eq!(schemes.len(), 2);
    for colours in schemes {
        let contrast = |one: &str, other: &str| {
            let (one, other) = (colours[one], colours[other]);
            (one.max(other) + 0.05) / (one.min(other) + 0.05)
        };
        for (text, back) in texts {
            assert!(
                contrast(text, back) >= 4.5,
                "{text} on {back}: {}",
                contrast(text, back)
            );
        }
        for (edge, back) in [("line", "card"), ("accent", "card"), ("accent", "page")] {
            assert!(
                contrast(edge, back) >= 3.0,
                "{edge} on {back}: {}",
                contrast(edge, back)
            );
        }
    }
}

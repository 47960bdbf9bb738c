use http::StatusCode;
use nc_proto::dav::{Name, PropPatch, Propfind, props};

use crate::wire::{HOME, Wire};

const COLOUR: Name = Name::constant("http://example.org/ns", "colour");

#[tokio::test]
async fn properties_change_all_together_or_not_at_all() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "x").await;
    let address = format!("{HOME}/a.txt");
    let patch = PropPatch::default()
        .set(COLOUR, "red")
        .set(props::GETETAG, "mine")
        .set(props::FAVORITE, "1");
    let answer = wire
        .send("PROPPATCH", &address, &[], patch.to_document())
        .await
        .multistatus();
    let status_of = |name: &Name| {
        let propstats = &answer.responses[0].propstats;
        propstats
            .iter()
            .find(|propstat| propstat.props.iter().any(|prop| prop.name == *name))
            .unwrap()
            .status
    };
    assert_eq!(
        (
            status_of(&COLOUR),
            status_of(&props::GETETAG),
            status_of(&props::FAVORITE)
        ),
        (424, 403, 424)
    );
    let question = Propfind::Prop(vec![COLOUR, props::FAVORITE]).to_document();
    let answer = wire
        .send("PROPFIND", &address, &[("depth", "0")], question)
        .await
        .multistatus();
    assert_eq!(answer.responses[0].prop(&COLOUR), None);
    assert_eq!(answer.responses[0].prop_text(&props::FAVORITE).as_deref(), Some("0"));
}

#[tokio::test]
async fn made_up_properties_are_no_way_around_the_quota() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "x").await;
    let address = format!("{HOME}/a.txt");
    let set = |name: &'static str| {
        let value = "v".repeat(700_000);
        PropPatch::default()
            .set(Name::constant("http://example.org/ns", name), value)
            .to_document()
    };
    let first = wire.send("PROPPATCH", &address, &[], set("one")).await;
    assert_eq!(first.status, StatusCode::MULTI_STATUS);
    let second = wire.send("PROPPATCH", &address, &[], set("two")).await;
    assert_eq!(second.status, StatusCode::INSUFFICIENT_STORAGE);
    let again = wire.send("PROPPATCH", &address, &[], set("one")).await;
    assert_eq!(again.status, StatusCode::MULTI_STATUS);
}

#[tokio::test]
async fn made_up_properties_move_and_are_copied_and_shown_by_allprop() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "x").await;
    let patch = PropPatch::default()
        .set(COLOUR, "green & <blue>")
        .set(Name::new("", "bare"), "none");
    wire.send("PROPPATCH", &format!("{HOME}/a.txt"), &[], patch.to_document())
        .await
        .multistatus();
    for (method, from, to) in [("COPY", "a", "b"), ("MOVE", "a", "c")] {
        let destination = format!("{HOME}/{to}.txt");
        let headers = [("destination", destination.as_str())];
        let answer = wire.send(method, &format!("{HOME}/{from}.txt"), &headers, "").await;
        assert_eq!(answer.status, StatusCode::CREATED);
        let shown = wire
            .send("PROPFIND", &destination, &[("depth", "0")], "")
            .await
            .multistatus();
        let response = &shown.responses[0];
        assert_eq!(
            response.prop_text(&COLOUR).as_deref(),
            Some("green & <blue>"),
            "{method}"
        );
        assert_eq!(
            response.prop_text(&Name::new("", "bare")).as_deref(),
            Some("none"),
            "{method}"
        );
    }
}

#[tokio::test]
async fn a_big_folder_is_listed_whole() {
    let wire = Wire::boot().await;
    wire.make_folder("/big").await;
    wire.make_folder("/big/zz%20folder").await;
    let home = wire.cloud.content().home(&nc_auth::UserId::new("alice")).await.unwrap();
    for number in 0..1203 {
        let path = nc_proto::dav::DavPath::plain(&format!("/big/{number:05}")).unwrap();
        home.make_folder(&path, Vec::new()).await.unwrap();
    }
    let answer = wire
        .send("PROPFIND", &format!("{HOME}/big"), &[("depth", "1")], "")
        .await
        .multistatus();
    assert_eq!(answer.responses.len(), 1205);
    assert_eq!(answer.responses[0].href, format!("{HOME}/big/"));
    assert_eq!(answer.responses[1204].href, format!("{HOME}/big/zz%20folder/"));
}

#[tokio::test]
async fn hostile_xml_is_refused() {
    let wire = Wire::boot().await;
    let bomb = "<!DOCTYPE a [<!ENTITY b \"cc\">]><d:propfind xmlns:d='DAV:'><d:prop><x>&b;</x></d:prop></d:propfind>";
    for method in ["PROPFIND", "PROPPATCH", "REPORT", "LOCK", "SEARCH"] {
        let answer = wire.send(method, &format!("{HOME}/"), &[], bomb).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method}");
        let deep = "<a>".repeat(10_000);
        assert_eq!(
            wire.send(method, HOME, &[], deep).await.status,
            StatusCode::BAD_REQUEST,
            "{method}"
        );
        let large = " ".repeat(2 << 20);
        assert_eq!(
            wire.send(method, HOME, &[], large).await.status,
            StatusCode::PAYLOAD_TOO_LARGE,
            "{method}"
        );
    }
}

#[tokio::test]
async fn requests_that_cost_by_their_square_are_refused_soon() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "x").await;
    let address = format!("{HOME}/a.txt");
    let open = "<?xml version='1.0'?><d:propfind xmlns:d='DAV:'";
    let numbered = |one: &dyn Fn(usize) -> String, count| (0..count).map(one).collect::<String>();
    let attributes = numbered(&|n| format!(" a{n}=''"), 90_000);
    let namespaces = numbered(&|n| format!(" xmlns:n{n}='u'"), 30_000);
    let names = numbered(&|n| format!("<d:p{n}/>"), 60_000);
    let sets = numbered(&|n| format!("<p{n} xmlns='u'/>"), 40_000);
    let conditions = "<d:eq><d:prop><d:displayname/></d:prop><d:literal>a</d:literal></d:eq>".repeat(10_000);
    let pattern = "%a".repeat(100_000);
    let like = format!("<d:like><d:prop><d:displayname/></d:prop><d:literal>{pattern}</d:literal></d:like>");
    let search = |select: &str, condition: &str| {
        format!(
            "<d:searchrequest xmlns:d='DAV:'><d:basicsearch><d:select><d:prop>{select}</d:prop></d:select><d:from><d:scope>\
             <d:href>/files/alice</d:href><d:depth>infinity</d:depth></d:scope></d:from><d:where>{condition}</d:where>\
             </d:basicsearch></d:searchrequest>"
        )
    };
    for (method, body) in [
        ("PROPFIND", format!("{open}{attributes}/>")),
        ("PROPFIND", format!("{open}{namespaces}><d:allprop/></d:propfind>")),
        ("PROPFIND", format!("{open}><d:prop>{names}</d:prop></d:propfind>")),
        (
            "PROPPATCH",
            format!("<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop>{sets}</d:prop></d:set></d:propertyupdate>"),
        ),
        ("SEARCH", search("<d:getetag/>", &format!("<d:or>{conditions}</d:or>"))),
        ("SEARCH", search("<d:getetag/>", &like)),
        ("SEARCH", search(&names, "<d:is-collection/>")),
    ] {
        assert!(body.len() < 1 << 20, "{method} {}", body.len());
        let answer = wire.send(method, &address, &[("depth", "0")], body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method}");
    }
}

#[tokio::test]
async fn a_wildcard_in_a_search_is_a_wildcard_only_unescaped() {
    let wire = Wire::boot().await;
    for name in ["100%25_a.txt", "100xya.txt", "%C3%9CBER.txt"] {
        wire.put(&format!("/{name}"), "x").await;
    }
    let search = |pattern: &str| {
        let search = nc_proto::dav::Search {
            select: vec![props::DISPLAYNAME],
            scope: nc_proto::dav::Scope {
                href: "/files/alice".to_owned(),
                depth: nc_proto::dav::Depth::Infinity,
            },
            condition: Some(nc_proto::dav::Condition::Compare(
                nc_proto::dav::Comparison::Like,
                props::DISPLAYNAME,
                pattern.to_owned(),
            )),
            order: Vec::new(),
            limit: None,
            offset: None,
        };
        let wire = &wire;
        async move {
            let answer = wire
                .send("SEARCH", "/remote.php/dav/", &[], search.to_document())
                .await
                .multistatus();
            let names = answer
                .responses
                .iter()
                .map(|entry| entry.prop_text(&props::DISPLAYNAME).unwrap());
            names.collect::<Vec<_>>()
        }
    };
    let escaped = format!("%{}%", nc_proto::dav::escape_like("100%_a"));
    assert_eq!(search(&escaped).await, ["100%_a.txt"]);
    assert_eq!(search("100%a.txt").await, ["100%_a.txt", "100xya.txt"]);
    assert_eq!(search("über%").await, ["ÜBER.txt"]);
}

//! The JSON Schema of drill files, made from the types that read them.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::Drill;

/// The schema that `firedrill schema` prints, for editors.
#[must_use]
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Drill>().to_value();
    drop_formats(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".to_owned(), json!("https://firedrill.dev/v1/drill.schema.json"));
        root.insert("title".to_owned(), json!("firedrill drill"));
    }
    schema
}

/// schemars notes the width of integers as `format`, which is no format that editors know.
fn drop_formats(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("format").is_some_and(Value::is_string) {
                map.remove("format");
            }
            map.values_mut().for_each(drop_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_formats),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::source::Source;
    use crate::drill::tree::Node;
    use crate::drill::{catalogue, shape};

    #[test]
    fn the_builtin_drills_fit_the_schema() {
        let schema = schema();
        for builtin in catalogue::builtin() {
            let source = Source::new(builtin.name, builtin.files[0].1);
            let tree = Node::read(source.text()).unwrap();
            let mistakes = shape::mistakes(&source, &tree, &schema);
            assert!(mistakes.is_empty(), "{mistakes:?}");
        }
    }

    #[test]
    fn it_says_what_editors_understand() {
        let schema = schema();
        let text = schema.to_string();
        assert!(!text.contains("\"format\""), "{text}");
        let money = &schema["$defs"]["Impact"]["properties"]["revenuePerMinute"];
        assert_eq!(money["type"], json!(["number", "string"]));
        assert_eq!(schema["properties"]["apiVersion"]["$ref"], json!("#/$defs/ApiVersion"));
    }

    #[test]
    fn objects_of_the_drill_refuse_unknown_keys() {
        let schema = schema();
        for (name, def) in schema["$defs"].as_object().unwrap() {
            if def.get("properties").is_some() {
                assert_eq!(def["additionalProperties"], json!(false), "{name}");
            }
        }
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}

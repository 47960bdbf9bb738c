"""The part of the walk that is about recipes."""

TOOLS = {
    "nc_cookbook_create_recipe",
    "nc_cookbook_delete_recipe",
    "nc_cookbook_get_recipe",
    "nc_cookbook_get_recipes_in_category",
    "nc_cookbook_get_recipes_with_keywords",
    "nc_cookbook_import_recipe",
    "nc_cookbook_list_categories",
    "nc_cookbook_list_keywords",
    "nc_cookbook_list_recipes",
    "nc_cookbook_reindex",
    "nc_cookbook_search_recipes",
    "nc_cookbook_set_config",
    "nc_cookbook_update_recipe",
}
RESOURCES = {"cookbook://version", "cookbook://config"}
TEMPLATES = {"nc://Cookbook/{recipe_id}"}


async def recipes(walk):
    ok, fails, equal, check = walk.ok, walk.fails, walk.equal, walk.check
    name, tag = f"Half/half: soup? 🍲 {walk.label}", f"tag {walk.label}".replace(",", " ")
    made = await ok(
        "nc_cookbook_create_recipe",
        name=name,
        description="Warm",
        ingredients=["1 kg tomatoes", "salt"],
        instructions=["Cut.", "Cook."],
        prep_time="PT90M",
        recipe_yield=4,
        category="Soups & more",
        keywords=f"vegan,{tag}",
    )
    recipe_id = made["id"]
    read = await ok("nc_cookbook_get_recipe", recipe_id=recipe_id)
    equal("the name", read["name"], name)
    equal("a time in the form of the server", read["prepTime"], "PT1H30M0S")
    equal("the ingredients", read["recipeIngredient"], ["1 kg tomatoes", "salt"])
    for uri in (*sorted(RESOURCES), f"nc://Cookbook/{recipe_id}"):
        [content] = await walk.client.read(uri)
        equal(f"{uri} names itself", content["uri"], uri)
    check("the recipe as resource", "Cook." in content["text"], content)
    values = await walk.client.complete("nc://Cookbook/{recipe_id}", "recipe_id", str(recipe_id))
    check("completion of recipes", str(recipe_id) in values, values)
    await fails("already_exists", "nc_cookbook_create_recipe", name=name)
    await fails("invalid_argument", "nc_cookbook_create_recipe", name="x", cook_time="15 min")

    await ok("nc_cookbook_update_recipe", recipe_id=recipe_id, description="Hot", date_modified=read["dateModified"])
    now = await ok("nc_cookbook_get_recipe", recipe_id=recipe_id)
    equal("one field changed", (now["description"], now["recipeInstructions"]), ("Hot", ["Cut.", "Cook."]))
    await fails("conflict", "nc_cookbook_update_recipe", recipe_id=recipe_id, description="x", date_modified="2020-01-01T00:00:00+00:00")
    await fails("invalid_input", "nc_cookbook_update_recipe", recipe_id=recipe_id)
    await fails("not_found", "nc_cookbook_update_recipe", recipe_id=99999999, name="Ghost")

    listed = await ok("nc_cookbook_list_recipes")
    check("it is listed", recipe_id in [one["recipe_id"] for one in listed["recipes"]], listed)
    found = await ok("nc_cookbook_search_recipes", query="HALF/HALF")
    check("it is found by name", recipe_id in [one["recipe_id"] for one in found["recipes"]], found)
    categories = await ok("nc_cookbook_list_categories")
    check("its category is counted", "Soups & more" in [one["name"] for one in categories["categories"]], categories)
    listed = await ok("nc_cookbook_get_recipes_in_category", category="Soups & more")
    check("it is in its category", recipe_id in [one["recipe_id"] for one in listed["recipes"]], listed)
    await fails("not_found", "nc_cookbook_get_recipes_in_category", category="no such category")
    keywords = await ok("nc_cookbook_list_keywords")
    check("its keyword is counted", tag in [one["name"] for one in keywords["keywords"]], keywords)
    listed = await ok("nc_cookbook_get_recipes_with_keywords", keywords=["vegan", tag])
    equal("it has both keywords", [one["recipe_id"] for one in listed["recipes"]], [recipe_id])

    await ok("nc_cookbook_set_config", print_image=True, update_interval=10)
    await fails("invalid_input", "nc_cookbook_set_config", folder="a/../../b")
    await ok("nc_cookbook_reindex")
    for url in ["http://127.0.0.1/", "http://2130706433/", "http://[::1]/", "http://nas.local/", "file:///etc/passwd", "http://a:b@example.org/"]:
        await fails("invalid_input", "nc_cookbook_import_recipe", url=url)

    await ok("nc_cookbook_delete_recipe", recipe_id=recipe_id)
    await fails("not_found", "nc_cookbook_delete_recipe", recipe_id=recipe_id)

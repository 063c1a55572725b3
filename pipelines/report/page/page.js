(() => {
  "use strict";
  const specs = JSON.parse(document.getElementById("specs").textContent);
  const views = {};
  const root = document.documentElement;

  for (const radio of document.querySelectorAll("input[name=theme]"))
    radio.addEventListener("change", () => { root.dataset.theme = radio.value; });

  const chosen = (key) => {
    const section = document.getElementById(key).closest("section");
    const radio = section.querySelector(".horizons input:checked");
    return radio ? radio.value : null;
  };
  const draw = async (place) => {
    const key = place.dataset.chart, spec = specs[key];
    spec.width = "container";
    for (const param of spec.params || []) if (param.name === "horizon") param.value = chosen(key);
    const height = place.offsetHeight;
    const picture = document.createElement("div");
    picture.style.width = "100%";
    place.style.minHeight = height ? "60px" : "";
    place.replaceChildren(picture);
    // the interpreter instead of eval: the page's policy allows none
    const result = await vegaEmbed(picture, spec, {
      ast: true, renderer: "svg", actions: false, tooltip: { theme: "custom", disableDefaultStyle: true, offsetX: 14 },
    });
    views[key] = result.view;
    // a finger does not hover: a tap shows what a pointer would
    result.view.addEventListener("click", (event, item) => { result.view.tooltip()(null, event, item, item && item.tooltip); });
    place.dataset.drawn = "yes";
  };
  const hide = () => { const tip = document.getElementById("vg-tooltip-element"); if (tip) tip.classList.remove("visible"); };
  addEventListener("scroll", hide, { passive: true, capture: true });
  addEventListener("pointerdown", hide, { capture: true });

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "400px" });
  for (const place of document.querySelectorAll(".chart")) seen.observe(place);

  // for paper the pictures are drawn anew at its width (A4 less its margins), so that their words keep their size
  const fit = (paper) => {
    root.classList.toggle("paper", paper);
    for (const [key, view] of Object.entries(views)) view.signal("width", document.querySelector(`[data-chart=${key}]`).clientWidth).run();
  };
  addEventListener("beforeprint", () => fit(true));
  addEventListener("afterprint", () => fit(false));

  const show = (section, horizon) => {
    for (const row of section.querySelectorAll("tr[data-horizon]")) row.hidden = row.dataset.horizon !== horizon;
    for (const word of section.querySelectorAll(".chosen")) word.textContent = horizon;
    for (const place of section.querySelectorAll(".chart")) {
      const view = views[place.dataset.chart];
      if (view && (specs[place.dataset.chart].params || []).some((p) => p.name === "horizon")) view.signal("horizon", horizon).runAsync();
    }
  };
  for (const field of document.querySelectorAll(".horizons")) {
    const section = field.closest("section");
    field.addEventListener("change", (event) => show(section, event.target.value));
    show(section, field.querySelector("input:checked").value);
  }

  const told = document.createElement("div");
  told.setAttribute("role", "status");
  told.className = "skip";
  document.body.append(told);
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* a file has no clipboard in some browsers */ }
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  for (const button of document.querySelectorAll(".copy"))
    button.addEventListener("click", async () => {
      const pieces = document.getElementById(button.dataset.of).querySelectorAll("code[data-sql]");
      const done = await copy([...pieces].map((p) => p.textContent).join("\n;\n\n") + "\n");
      button.textContent = done ? "Copied" : "Select it above";
      told.textContent = done ? "SQL copied" : "The browser did not allow copying";
      if (!done) document.querySelector(`#${button.dataset.of} details.sql`).open = true;
      setTimeout(() => { button.textContent = "Copy SQL"; }, 1600);
    });

  const age = document.querySelector(".age");
  const days = Math.floor((Date.now() - Date.parse(age.dataset.asOf)) / 86400000);
  if (days > Number(age.dataset.oldAfter)) {
    age.hidden = false;
    age.append(`This page is ${days} days old: it tells of ${age.dataset.asOf}, not of today.`);
  }
})();

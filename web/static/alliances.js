// The map of themes: what it says stands in the tables beside it, which work without it.
(() => {
  "use strict";

  const place = document.querySelector("[data-map]");
  if (!place || !window.echarts) return;
  const COLOURS = ["#1d5c63", "#b4622d", "#4a6fa5", "#7a6426", "#6b4c86", "#2c6b45", "#a1392b", "#50707a"];
  const X = 0, Y = 1, THEME = 2, KIND = 3, OPEN = 4, TITLE = 5, OWNER = 6, LINK = 7;

  const draw = ({ points, themes, words }) => {
    const colour = (theme) => COLOURS[theme % COLOURS.length];
    const chart = echarts.init(place, null, { renderer: "canvas" });
    // One unit is as long across as down, whatever the shape of the place.
    const reach = (axis) => Math.max(...themes.map((t) => Math.abs(t.disc[axis]) + t.disc[2])) + 0.5;
    const span = () => {
      const [width, height] = [place.clientWidth, place.clientHeight];
      const unit = Math.max(reach(0) / width, reach(1) / height);
      return { xAxis: { min: -unit * width, max: unit * width }, yAxis: { min: -unit * height, max: unit * height } };
    };
    const axis = { type: "value", show: false };
    const zoomed = () => {
      const { start, end } = chart.getOption().dataZoom[0];
      return 100 / Math.max(end - start, 1);
    };
    const narrow = () => place.clientWidth < 600;
    const circle = ([x, y, r]) => Array.from({ length: 65 }, (_, step) => {
      const turn = (2 * Math.PI * step) / 64;
      return [x + r * Math.cos(turn), y + r * Math.sin(turn)];
    });
    const label = (theme, number, whole) => ({
      value: [theme.disc[0], theme.disc[1] + theme.disc[2]],
      label: {
        show: true, formatter: `${theme.id} ${whole ? theme.name : narrow() ? "" : theme.name.split(" · ")[0]}`,
        color: colour(number), fontWeight: "bold", fontSize: narrow() ? 10 : 12,
        textBorderColor: "#fff", textBorderWidth: 3,
      },
    });
    const { xAxis, yAxis } = span();
    chart.setOption({
      animation: false, grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: { ...axis, ...xAxis }, yAxis: { ...axis, ...yAxis },
      dataZoom: [{ type: "inside", xAxisIndex: 0, filterMode: "none" }, { type: "inside", yAxisIndex: 0, filterMode: "none" }],
      // Rich text: the page's policy refuses the styles that HTML tips would bring.
      tooltip: {
        renderMode: "richText", confine: true,
        formatter: ({ data }) => data.value
          ? `${words[data.value[KIND]]}${data.value[OPEN] ? ` (${words.open})` : ""}\n${data.value[TITLE]}\n${data.value[OWNER]}`
          : "",
      },
      series: [
        {
          type: "scatter", cursor: "pointer",
          data: points.map((point) => ({
            value: point,
            symbol: point[KIND] === "need" ? "circle" : "rect",
            symbolSize: point[KIND] === "need" ? 9 : 7,
            itemStyle: point[OPEN]
              ? { color: "#fff", borderColor: colour(point[THEME]), borderWidth: 1.5 }
              : { color: colour(point[THEME]) },
          })),
        },
        {
          id: "names", type: "scatter", symbolSize: 0.1, silent: true, tooltip: { show: false }, z: 5,
          labelLayout: { hideOverlap: true },
          data: themes.map((theme, number) => label(theme, number, false)),
        },
        ...themes.map((theme, number) => ({
          type: "line", data: circle(theme.disc), showSymbol: false, silent: true, z: 1,
          tooltip: { show: false }, lineStyle: { color: colour(number), width: 1, opacity: 0.45 },
        })),
      ],
    });
    chart.on("click", ({ data }) => {
      if (data && data.value && data.value[LINK]) window.location.assign(data.value[LINK]);
    });
    chart.on("dataZoom", () => {
      const near = zoomed() > 2.5;
      const data = themes.map((theme, number) => label(theme, number, near));
      chart.setOption({ series: [{ id: "names", data }] });
    });
    window.addEventListener("resize", () => {
      chart.resize();
      chart.setOption(span());
    });
    place.dataset.drawn = String(points.length);
  };

  fetch(place.dataset.map, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
    .then(draw)
    .catch(() => { place.hidden = true; });

  // A link into a theme that is folded opens it.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const folded = target && target.querySelector("details");
    if (folded) folded.open = true;
  };
  window.addEventListener("hashchange", unfold);
  unfold();
})();

// A slider beside every number of the costs: even steps of the slider multiply, as costs do.
const steps = 200;

for (const field of document.querySelectorAll("input[data-least]")) {
  const least = Math.log(Number(field.dataset.least));
  const most = Math.log(Number(field.dataset.most));
  const slider = document.createElement("input");
  slider.type = "range";
  slider.max = String(steps);
  slider.setAttribute("aria-label", field.labels[0].textContent);
  field.after(slider);

  const follow = () => {
    const value = Number(field.value.replace(",", "."));
    if (value > 0) slider.value = String(Math.round((steps * (Math.log(value) - least)) / (most - least)));
  };
  slider.addEventListener("input", () => {
    const value = Math.exp(least + ((most - least) * Number(slider.value)) / steps);
    field.value = String(Number(value.toPrecision(2)));
  });
  field.addEventListener("input", follow);
  follow();
}

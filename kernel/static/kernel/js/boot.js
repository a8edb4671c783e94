// Runs before the first paint, so that parts which need JavaScript (or its absence) do not flicker.
document.documentElement.classList.add('js');

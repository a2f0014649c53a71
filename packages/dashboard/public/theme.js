// Runs before the first paint, so that the page never flashes in the wrong theme.
(function () {
  var kept = null;
  try {
    kept = localStorage.getItem('fettle-theme');
  } catch {
    /* storage is off: follow the system */
  }
  var dark = kept ? kept === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();

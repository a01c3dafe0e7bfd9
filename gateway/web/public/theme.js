// Runs before the first paint: a theme chosen later than that would flash.
(function () {
  try {
    var theme = localStorage.getItem('pf-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Without storage the system's theme holds.
  }
})();

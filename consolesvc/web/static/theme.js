// Light or dark, before anything is painted: hence no module. The choice is kept, and follows the system where there is
// none. `settings.js` changes it with the event `theme-chosen`.
// @ts-check

(() => {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');

  /** @returns {string} `light`, `dark`, or '' for the system's. */
  function chosen() {
    try {
      return localStorage.getItem('consolesvc.theme') ?? '';
    } catch {
      return ''; // this browser keeps nothing for pages
    }
  }

  function apply() {
    const theme = chosen() || (dark.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new CustomEvent('theme-applied', { detail: theme }));
  }

  dark.addEventListener('change', apply);
  document.addEventListener('theme-chosen', apply);
  apply();
})();

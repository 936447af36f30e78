/* Another language: the page is read again, in it. */
(function () {
  "use strict";

  function reload(spoken) {
    if (spoken) window.location.reload();
    return window.dash_clientside.no_update;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { account: { reload } });
})();

// Asks for the code of the page that the address names while that of the frame is still on its way: the router
// names it only once it runs. The build fills in the files of each page (scripts/preload.mjs).
(function () {
  var pages = [];
  pages.forEach(function (page) {
    if (!new RegExp(page.path).test(location.pathname)) return;
    page.files.forEach(function (file) {
      var link = document.createElement('link');
      var isStyle = file.endsWith('.css');
      // As the client asks for them: it takes what was asked for in the same way.
      link.crossOrigin = 'anonymous';
      link.rel = isStyle ? 'preload' : 'modulepreload';
      if (isStyle) link.as = 'style';
      link.href = '/' + file;
      document.head.append(link);
    });
  });
})();

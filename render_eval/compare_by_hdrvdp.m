% Compares two images by HDR-VDP and prints its quality correlate Q; render_eval/hdrvdp.py runs it in Octave.
%
%   octave-cli compare_by_hdrvdp.m RELEASE TEST REFERENCE ROWS COLUMNS PIXELS_PER_DEGREE
%
% RELEASE is the folder of HDR-VDP-3 or HDR-VDP-2. An image is ROWS x COLUMNS x 3 little-endian 32-bit floats, column
% by column and channel by channel: linear Rec.709, in cd/m^2. The last line of the output is "Q = VALUE".
% SPDX-License-Identifier: GPL-3.0-or-later
1;

function image = read_image (path, rows, columns)
  file = fopen (path, "r", "ieee-le");
  image = reshape (fread (file, Inf, "single=>double"), rows, columns, 3);
  fclose (file);
end

arguments = argv ();
addpath (genpath (arguments{1}));
try
  pkg ("load", "image");
catch
end
rows = str2double (arguments{4});
columns = str2double (arguments{5});
test = read_image (arguments{2}, rows, columns);
reference = read_image (arguments{3}, rows, columns);
pixels_per_degree = str2double (arguments{6});
if exist ("hdrvdp3", "file")
  result = hdrvdp3 ("quality", test, reference, "rgb-bt.709", pixels_per_degree, {});
else
  result = hdrvdp (test, reference, "rgb-bt.709", pixels_per_degree, {});
end
printf ("\nQ = %.9g\n", result.Q);
